//! `[limits]`

use std::time::Duration;

use serde::Deserialize;

use super::{ConfigError, values};

/// How much one request may ask for. Every number is at least 1.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitsConfig {
    /// Bytes of a request body.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_body_bytes: usize,
    /// Arrays and objects that stand in each other in a request body.
    #[serde(deserialize_with = "values::nesting")]
    pub(crate) max_nesting: usize,
    /// Bytes of one text in a request body.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_string_bytes: usize,
    /// Attributes of one resource.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_attributes: usize,
    /// Resources on the largest page of a list.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_results: u64,
    /// Resources on a page of unsaid length. Never above [`Self::max_results`].
    #[serde(deserialize_with = "values::positive")]
    pub(crate) default_results: u64,
    /// Users and groups that a query of the base address may match.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_root_query_matches: u64,
    /// How long a cursor of a list can be used.
    #[serde(
        rename = "cursor_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) cursor_timeout: Duration,
    /// Operations in one PATCH.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_patch_operations: usize,
    /// Operations in one bulk request.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_bulk_operations: usize,
    /// Bytes of the body of a bulk request.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_bulk_payload_bytes: usize,
    /// Members that one request adds to or removes from a group.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_group_members_per_request: usize,
    /// Items on the largest page of a management list.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_page: u64,
    /// Texts that are nobody's token, from one address within a minute.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_bad_tokens_per_minute: u32,
    /// Connections that clients may have open.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_connections: usize,
    /// Connections that may wait to be taken.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) backlog: u32,
    /// How long a connection stays open without a request.
    #[serde(rename = "keep_alive_seconds", deserialize_with = "values::seconds")]
    pub(crate) keep_alive: Duration,
    /// How long a client may take to send the head of a request.
    #[serde(
        rename = "request_head_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) request_head_timeout: Duration,
    /// How long a client may take to send the body of a request.
    #[serde(
        rename = "request_body_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) request_body_timeout: Duration,
    /// How long a client may take to receive an answer that is too long to be held in memory.
    #[serde(
        rename = "long_answer_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) long_answer_timeout: Duration,
    /// How long a client may take to receive a snapshot of an organization.
    #[serde(
        rename = "snapshot_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) snapshot_timeout: Duration,
    /// Bytes of a roster that is compared.
    #[serde(deserialize_with = "values::positive")]
    pub(crate) max_roster_bytes: usize,
    /// From how many bytes on an answer is compressed; 0 for none.
    pub(crate) compress_from_bytes: usize,
    /// How long requests under way may go on when the server stops.
    #[serde(
        rename = "shutdown_timeout_seconds",
        deserialize_with = "values::seconds"
    )]
    pub(crate) shutdown_timeout: Duration,
}

impl LimitsConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.default_results > self.max_results {
            return Err(ConfigError::PageOverMaximum {
                default: self.default_results,
                max: self.max_results,
            });
        }
        Ok(())
    }
}
