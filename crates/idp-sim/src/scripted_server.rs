//! A server that gives the answers it was told to give, in order, and keeps what it was asked.
//!
//! Each connection carries one request, so "no answer" is a connection that is closed.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::target::Target;

/// What to do with one request.
pub(crate) enum Reply {
    /// Status, further header lines and body.
    Answer(u16, &'static str, String),
    /// Reads the request and hangs up.
    HangUp,
}

impl Reply {
    pub(crate) fn json(status: u16, body: serde_json::Value) -> Self {
        Self::Answer(status, "", body.to_string())
    }
}

pub(crate) struct ScriptedServer {
    pub(crate) target: Target,
    asked: JoinHandle<Vec<String>>,
}

impl ScriptedServer {
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = tokio::spawn(async move {
            let mut asked = Vec::new();
            for reply in replies {
                let (mut stream, _) = listener.accept().await.unwrap();
                asked.push(read_request(&mut stream).await);
                if let Reply::Answer(status, headers, body) = reply {
                    let length = body.len();
                    let text = format!(
                        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n\
                         {headers}\r\n{body}"
                    );
                    stream.write_all(text.as_bytes()).await.unwrap();
                }
            }
            asked
        });
        Self {
            target: Target::new(format!("http://{address}/scim/v2"), "rc_secret"),
            asked,
        }
    }

    /// Everything that was asked, once the script is over: request line and body.
    pub(crate) async fn asked(self) -> String {
        self.asked.await.unwrap().join("\n")
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            break end;
        }
        assert_ne!(
            stream.read_buf(&mut bytes).await.unwrap(),
            0,
            "request was cut off"
        );
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap());
    while bytes.len() < end + 4 + length {
        assert_ne!(
            stream.read_buf(&mut bytes).await.unwrap(),
            0,
            "body was cut off"
        );
    }
    let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
    format!("{line} {}", String::from_utf8_lossy(&bytes[end + 4..]))
        .trim_end()
        .to_owned()
}
