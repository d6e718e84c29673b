//! A client of server-sent events, as plain as they are.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use rollcall_testkit::Client;
use serde_json::Value;

/// One event of a stream.
pub(crate) struct StreamEvent {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) data: Value,
}

/// A stream that is read block by block.
pub(crate) struct Stream {
    answer: Response,
    text: String,
}

impl Stream {
    pub(crate) async fn open(client: &Client, path: &str) -> Self {
        Self::of(client.request("GET", path)).await
    }

    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self {
            answer,
            text: String::new(),
        }
    }

    /// The lines up to the next empty one; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Some(block);
            }
            let piece = tokio::time::timeout(Duration::from_secs(30), self.answer.chunk());
            let piece = piece.await.unwrap().unwrap()?;
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    /// The next block that tells something.
    pub(crate) async fn event(&mut self) -> StreamEvent {
        loop {
            let block = self.next().await.unwrap();
            let field = |name: &str| {
                let mut lines = block.lines().filter_map(|line| line.split_once(": "));
                lines
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| value.to_owned())
            };
            if let Some(data) = field("data") {
                return StreamEvent {
                    id: field("id").unwrap(),
                    kind: field("event").unwrap(),
                    data: serde_json::from_str(&data).unwrap(),
                };
            }
        }
    }
}
