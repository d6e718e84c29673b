//! Bulk requests (RFC 7644 §3.7): many writes in one body, some of which refer to what others
//! create.
//!
//! [`BulkRequest`] is what the client wrote; an operation that cannot be read is kept with its
//! refusal, since the others are carried out all the same. [`plan`] says in which order: that
//! of the list, but a creation that an earlier operation refers to is moved before it, and
//! creations that refer to each other in a circle make one [`Step`]. [`Ids`] knows what has
//! become of each `bulkId`, and turns an operation into a [`Write`] without any.
//!
//! A `bulkId:…` stands for an id where the schema has a reference to a resource, in filters on
//! such an attribute, and as the id of a path. Anywhere else it is text like any other.
//!
//! Moving creations forward, and not what refers to them backward, keeps the order of two
//! changes of one resource, so that the outcome is the one that the list describes.

mod ids;
mod operation;
mod patch_body;
mod plan;
mod references;
mod request;
mod response;
#[cfg(test)]
mod tests;

pub use ids::{Ids, Resolved};
pub use operation::{BulkOperation, Collection, Request, Write};
pub use plan::{Step, plan};
pub use request::BulkRequest;
pub use response::{BulkResult, bulk_response};

/// What stands before the `bulkId` of an operation where its new id is meant.
const PREFIX: &str = "bulkId:";
