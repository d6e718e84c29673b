//! As much of HTTP/1.1 as is needed to send a request and to find the end of its answer
//! (RFC 9112 §6): `Content-Length`, chunks, and answers that have no body.

use std::net::SocketAddr;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1_024 * 1_024;

/// One connection that is kept open, or opened anew after an answer that ended it.
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    /// Whether the last answer said that the server closes (RFC 9112 §9.6).
    ended: bool,
    /// What was read of the current answer: its head, then its body as it was sent.
    read: Vec<u8>,
    /// A body that came in chunks, put together.
    body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its status line and headers.
    pub head: &'a [u8],
    /// Its body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The body as text, for an error.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }

    /// Says what is wrong unless the status is one of these.
    ///
    /// # Errors
    ///
    /// It is not.
    pub fn expect(&self, statuses: &[u16]) -> anyhow::Result<()> {
        let text = || self.text();
        let expected = statuses.contains(&self.status);
        ensure!(
            expected,
            "status {} and not {statuses:?}: {}",
            self.status,
            text()
        );
        Ok(())
    }
}

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    ///
    /// The address is not loopback, or nobody listens there.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let loopback = address.ip().is_loopback();
        ensure!(
            loopback,
            "{address} is not loopback: this client sends nowhere else"
        );
        Ok(Self {
            address,
            stream: connect(address).await?,
            ended: false,
            read: Vec::with_capacity(16 * 1_024),
            body: Vec::new(),
        })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    ///
    /// The connection is closed, or what comes is not an answer.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        if self.ended {
            self.stream = connect(self.address).await?;
        }
        self.stream.write_all(request).await?;
        self.read.clear();
        let head = loop {
            if let Some(end) = end_of_head(&self.read) {
                break end;
            }
            self.more().await?;
        };
        let (status, framing) = read_head(&self.read[..head])?;
        self.ended = ends_connection(&self.read[..head]);
        match framing {
            Framing::Length(length) => {
                ensure!(length <= MAX_ANSWER, "an answer of {length} bytes");
                let whole = head + length;
                while self.read.len() < whole {
                    self.more().await?;
                }
                let (head, body) = self.read[..whole].split_at(head);
                Ok(Answer { status, head, body })
            }
            Framing::Chunked => {
                self.read_chunks(head).await?;
                Ok(Answer {
                    status,
                    head: &self.read[..head],
                    body: &self.body,
                })
            }
        }
    }

    async fn read_chunks(&mut self, head: usize) -> anyhow::Result<()> {
        self.body.clear();
        let mut at = head;
        loop {
            let line = self.end_of_line(at).await?;
            let text = std::str::from_utf8(&self.read[at..line - 2])?;
            let size = text.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).context("the size of a chunk")?;
            ensure!(
                self.body.len() + size <= MAX_ANSWER,
                "an answer without end"
            );
            if size == 0 {
                // Trailers, if any, and an empty line.
                at = line;
                loop {
                    let line = self.end_of_line(at).await?;
                    if line - at == 2 {
                        return Ok(());
                    }
                    at = line;
                }
            }
            let end = line + size;
            while self.read.len() < end + 2 {
                self.more().await?;
            }
            self.body.extend_from_slice(&self.read[line..end]);
            at = end + 2;
        }
    }

    /// The place after the next end of a line.
    async fn end_of_line(&mut self, from: usize) -> anyhow::Result<usize> {
        loop {
            let rest = &self.read[from..];
            if let Some(found) = rest.windows(2).position(|pair| pair == b"\r\n") {
                return Ok(from + found + 2);
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        self.read.reserve(16 * 1_024);
        let read = self.stream.read_buf(&mut self.read).await?;
        if read == 0 {
            let so_far = String::from_utf8_lossy(&self.read);
            bail!("the connection was closed in an answer, after {so_far:?}");
        }
        Ok(())
    }
}

/// The place after the empty line.
fn end_of_head(read: &[u8]) -> Option<usize> {
    read.windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|place| place + 4)
}

async fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("nobody listens on {address}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn ends_connection(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\n')
        .any(|line| line.trim_ascii().eq_ignore_ascii_case(b"connection: close"))
}

fn read_head(head: &[u8]) -> anyhow::Result<(u16, Framing)> {
    let text = std::str::from_utf8(head).context("the head of an answer")?;
    let mut lines = text.split("\r\n");
    let status: u16 = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok())
        .with_context(|| format!("not an answer: {text:?}"))?;
    if matches!(status, 204 | 304) {
        return Ok((status, Framing::Length(0)));
    }
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            let length = value.trim().parse().context("the length of an answer")?;
            return Ok((status, Framing::Length(length)));
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            ensure!(value.trim().eq_ignore_ascii_case("chunked"), "{line}");
            return Ok((status, Framing::Chunked));
        }
    }
    bail!("an answer that ends with its connection: {text:?}")
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    /// A server that answers each request with the next of these texts, in two parts.
    fn server(answers: &'static [&'static str]) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for answer in answers {
                let mut request = [0; 1_024];
                assert!(stream.read(&mut request).unwrap() > 0);
                let (first, second) = answer.split_at(answer.len() / 2);
                stream.write_all(first.as_bytes()).unwrap();
                stream.flush().unwrap();
                stream.write_all(second.as_bytes()).unwrap();
                if answer.contains("connection: close") {
                    (stream, _) = listener.accept().unwrap();
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn an_answer_that_ends_its_connection_is_followed_by_another_one() {
        let address = server(&[
            "HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        ]);
        let mut connection = Connection::open(address).await.unwrap();
        for status in [429, 200] {
            let answer = connection.exchange(b"GET / HTTP/1.1\r\n\r\n").await;
            assert_eq!(answer.unwrap().status, status);
        }
    }

    #[tokio::test]
    async fn answers_are_read_to_their_end_whatever_their_framing() {
        let address = server(&[
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "HTTP/1.1 204 No Content\r\netag: W/\"1\"\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
        ]);
        let mut connection = Connection::open(address).await.unwrap();
        let mut seen = Vec::new();
        for _ in 0..4 {
            let answer = connection
                .exchange(b"GET / HTTP/1.1\r\n\r\n")
                .await
                .unwrap();
            seen.push((answer.status, answer.text()));
        }

        let expected = [
            (200, "hello"),
            (204, ""),
            (200, "abc0123456789"),
            (404, "no"),
        ];
        assert_eq!(
            seen,
            expected.map(|(status, text)| (status, text.to_owned()))
        );
        let closed = connection.exchange(b"GET / HTTP/1.1\r\n\r\n").await;
        assert!(closed.is_err());
    }

    #[tokio::test]
    async fn an_address_that_is_not_loopback_is_refused() {
        let elsewhere = SocketAddr::from(([192, 0, 2, 1], 80));
        let error = Connection::open(elsewhere).await.err().unwrap();
        assert_eq!(
            error.to_string(),
            "192.0.2.1:80 is not loopback: this client sends nowhere else"
        );
    }
}
