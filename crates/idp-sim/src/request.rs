//! A request as a provider would write it, before any network is involved.

use serde_json::Value;

use crate::operation::Operation;

/// A request below an endpoint's base URL. The token is added when it is sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RequestShape {
    /// What it is for; gives the method too.
    pub(crate) operation: Operation,
    /// Begins with `/`; encoded, and sent byte for byte.
    pub(crate) path_and_query: String,
    /// What the provider adds to `Authorization`, in its order.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// JSON body of a write.
    pub(crate) body: Option<Value>,
    /// The person or group it is about, for a report.
    pub(crate) who: String,
}

#[cfg(test)]
impl RequestShape {
    /// Method, path, headers and body as text, for snapshots.
    pub(crate) fn to_text(&self) -> String {
        use std::fmt::Write;

        let mut text = format!("{} {}\n", self.operation.method(), self.path_and_query);
        for (name, value) in &self.headers {
            let _ = writeln!(text, "{name}: {value}");
        }
        if let Some(body) = &self.body {
            let _ = write!(text, "\n{body:#}");
        }
        text
    }
}
