//! TXT records, as the name servers of this machine know them.

use std::pin::Pin;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;

/// The records of a name, on their way.
pub type Lookup<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<String>, TxtUnavailable>> + Send + 'a>>;

/// DNS gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TxtUnavailable(pub String);

/// Asks for TXT records. Behind a trait, because tests have no domain of their own.
pub trait TxtResolver: Send + Sync {
    /// The texts of every TXT record of a name; none if there is no record or no such name.
    fn txt<'a>(&'a self, name: &'a str) -> Lookup<'a>;
}

/// DNS over UDP, and TCP where an answer is long, as the system is configured for.
pub struct Dns(Result<TokioResolver, TxtUnavailable>);

impl Dns {
    /// Reads the configuration of the system. What is wrong with it is told by each look-up, since
    /// nothing but the verification of domains needs it.
    #[must_use]
    pub fn from_system() -> Self {
        let resolver = TokioResolver::builder_tokio().and_then(|mut builder| {
            // Somebody who just set a record wants to know whether it is there now.
            builder.options_mut().cache_size = 0;
            builder.build()
        });
        Self(resolver.map_err(|reason| TxtUnavailable(reason.to_string())))
    }
}

impl TxtResolver for Dns {
    fn txt<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        Box::pin(async move {
            let resolver = self.0.as_ref().map_err(Clone::clone)?;
            // With a dot at its end a name is complete: no search domains are tried.
            let found = match resolver.txt_lookup(format!("{name}.")).await {
                Ok(found) => found,
                Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
                Err(error) => return Err(TxtUnavailable(error.to_string())),
            };
            let texts = found
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    RData::TXT(text) => Some(text.to_string()),
                    _ => None,
                });
            Ok(texts.collect())
        })
    }
}
