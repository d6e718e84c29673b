//! The envelopes of RFC 7644: lists, errors, PATCH bodies and query parameters.

mod error_body;
mod list;
mod list_query;
mod patch_op;
mod search_request;

pub use error_body::error_body;
pub use list::{LIST_END, PagePlace, list_head, list_response, list_text};
pub use list_query::ListQuery;
pub use patch_op::{MAX_OPERATIONS, PatchOp, PatchRequest, PatchVerb};

/// What the URN of every message begins with; no resource may carry one.
pub const MESSAGE_PREFIX: &str = "urn:ietf:params:scim:api:messages:";
