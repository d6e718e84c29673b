//! An endpoint's answer, read within bounds.

use reqwest::header::{ETAG, RETRY_AFTER};
use serde_json::Value;

/// Characters of a body that is no SCIM error, kept for a report.
const DETAIL_CHARS: usize = 200;

/// An answer, read to the end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    /// Null when there is no body.
    pub(crate) body: Value,
    /// What is wrong with the body, if it is not empty and no JSON.
    pub(crate) unreadable: Option<String>,
    etag: Option<String>,
    text: String,
}

impl Answer {
    /// Reads an answer; one that is longer than `max_bytes` counts as unreadable.
    pub(crate) async fn read(
        mut response: reqwest::Response,
        max_bytes: usize,
    ) -> Result<Self, reqwest::Error> {
        let header = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (retry_after, etag) = (header(RETRY_AFTER), header(ETAG));
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        let mut too_long = false;
        while let Some(chunk) = response.chunk().await? {
            if bytes.len() + chunk.len() > max_bytes {
                too_long = true;
                break;
            }
            bytes.extend_from_slice(&chunk);
        }
        let (body, unreadable) = if too_long {
            (
                Value::Null,
                Some(format!("the answer is longer than {max_bytes} bytes")),
            )
        } else if bytes.is_empty() {
            (Value::Null, None)
        } else {
            match serde_json::from_slice(&bytes) {
                Ok(body) => (body, None),
                Err(error) => (Value::Null, Some(format!("the answer is no JSON: {error}"))),
            }
        };
        let text = String::from_utf8_lossy(&bytes)
            .chars()
            .take(DETAIL_CHARS)
            .collect();
        Ok(Self {
            status,
            retry_after,
            body,
            unreadable,
            etag,
            text,
        })
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Id of the resource in the body.
    pub(crate) fn id(&self) -> Option<String> {
        self.body.get("id")?.as_str().map(str::to_owned)
    }

    /// Version of the resource (RFC 7644 §3.14), from the header or from `meta`.
    pub(crate) fn version(&self) -> Option<String> {
        let of_meta = || {
            self.body
                .get("meta")?
                .get("version")?
                .as_str()
                .map(str::to_owned)
        };
        self.etag.clone().or_else(of_meta)
    }

    /// What a refusal says: `detail`, else the beginning of the body.
    pub(crate) fn detail(&self) -> String {
        match self.body.get("detail").and_then(Value::as_str) {
            Some(detail) => detail.to_owned(),
            None if self.text.is_empty() => "no body".to_owned(),
            None => self.text.clone(),
        }
    }
}
