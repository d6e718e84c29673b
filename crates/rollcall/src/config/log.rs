//! `[log]`

use serde::{Deserialize, Deserializer, de};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::values;

/// What is logged, and how it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogConfig {
    /// A level, or filter directives as `tracing-subscriber` reads them.
    #[serde(deserialize_with = "filter")]
    pub(crate) level: String,
    /// How a line looks.
    pub(crate) format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

fn filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    // A single word that is no level would be taken for the name of a module.
    let words = text.split(',').map(str::trim);
    let unknown = words
        .filter(|word| !word.contains(['=', '[', ':']))
        .find(|word| word.parse::<LevelFilter>().is_err());
    if let Some(word) = unknown {
        return Err(de::Error::custom(format_args!(
            "`{word}` is no level: expected `error`, `warn`, `info`, `debug` or `trace`, or filters \
             such as `info,rollcall_store=debug`"
        )));
    }
    EnvFilter::try_new(&text).map_err(|error| {
        de::Error::custom(format_args!(
            "expected a level such as `info`, or filters such as `info,rollcall_store=debug`: {error}"
        ))
    })?;
    Ok(text)
}

impl<'de> Deserialize<'de> for LogFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        values::text(
            deserializer,
            |text| match text {
                "text" => Some(Self::Text),
                "json" => Some(Self::Json),
                _ => None,
            },
            "`text` or `json`",
        )
    }
}
