//! A real HTTP server that webhooks are sent to, which answers as a test wants.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the receiver does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Status(u16),
    /// Status line and headers, each with its line end.
    Head(&'static str),
    /// Says nothing until the other side gives up.
    Stall,
    /// Hangs up.
    Close,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: String,
    /// Whether it was answered with 2xx.
    pub(crate) taken: bool,
}

impl Received {
    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn signatures(&self) -> Vec<&str> {
        self.signature.split(' ').collect()
    }

    /// The signature that it must have, computed from RFC 2104 with nothing but a hash.
    pub(crate) fn expected(&self, secret: &[u8]) -> String {
        let mut key = [0_u8; 64];
        key[..secret.len()].copy_from_slice(secret);
        let pad = |byte: u8| key.map(|it| it ^ byte);
        let message = format!("{}.{}.{}", self.id, self.timestamp, self.body);
        let inner = Sha256::new()
            .chain_update(pad(0x36))
            .chain_update(message)
            .finalize();
        let outer = Sha256::new()
            .chain_update(pad(0x5c))
            .chain_update(inner)
            .finalize();
        format!("v1,{}", base64(&outer))
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

type Behaviour = dyn Fn(&Received) -> Answer + Send + Sync;

pub(crate) struct Receiver {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Received>>>,
    stalling: Arc<AtomicUsize>,
}

impl Receiver {
    pub(crate) async fn start(
        behaviour: impl Fn(&Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (seen, stalling) = (Arc::default(), Arc::default());
        let receiver = Self {
            url,
            seen: Arc::clone(&seen),
            stalling: Arc::clone(&stalling),
        };
        let behaviour: Arc<Behaviour> = Arc::new(behaviour);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (behaviour, seen) = (Arc::clone(&behaviour), Arc::clone(&seen));
                tokio::spawn(serve(stream, behaviour, seen, Arc::clone(&stalling)));
            }
        });
        receiver
    }

    pub(crate) fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests wait for an answer that does not come.
    pub(crate) fn stalling(&self) -> usize {
        self.stalling.load(Ordering::SeqCst)
    }

    /// The ids of events that were answered with 2xx.
    pub(crate) fn taken(&self) -> BTreeSet<String> {
        let seen = self.seen().into_iter().filter(|request| request.taken);
        seen.map(|request| request.id).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    behaviour: Arc<Behaviour>,
    seen: Arc<Mutex<Vec<Received>>>,
    stalling: Arc<AtomicUsize>,
) {
    let Some(mut request) = read(&mut stream).await else {
        return;
    };
    let answer = behaviour(&request);
    let head = match answer {
        Answer::Status(status) => format!("HTTP/1.1 {status} Answer\r\n"),
        Answer::Head(head) => head.to_owned(),
        Answer::Close | Answer::Stall => String::new(),
    };
    request.taken = head.starts_with("HTTP/1.1 2");
    seen.lock().unwrap().push(request);
    match answer {
        Answer::Close => {}
        Answer::Stall => {
            stalling.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0]).await;
            stalling.fetch_sub(1, Ordering::SeqCst);
        }
        Answer::Status(_) | Answer::Head(_) => {
            let whole = format!("{head}content-length: 5\r\nconnection: close\r\n\r\nheard");
            let _ = stream.write_all(whole.as_bytes()).await;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let (head, mut body) = loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&part[..count]);
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            break (String::from_utf8(bytes).unwrap(), body);
        }
    };
    let header = |name: &str| {
        let line = head.lines().find_map(|line| {
            let (named, value) = line.split_once(':')?;
            named.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        line.unwrap_or_default().to_owned()
    };
    let length: usize = header("content-length").parse().unwrap();
    let mut rest = vec![0; length - body.len()];
    stream.read_exact(&mut rest).await.ok()?;
    body.extend_from_slice(&rest);
    assert_eq!(header("content-type"), "application/json");
    Some(Received {
        path: head.split(' ').nth(1).unwrap().to_owned(),
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: String::from_utf8(body).unwrap(),
        taken: false,
    })
}
