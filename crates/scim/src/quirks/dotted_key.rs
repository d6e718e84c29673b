//! Paths as keys of a value without path: Entra ID with its SCIM 2.0 flag.
//!
//! ```json
//! {"op": "add", "value": {
//!   "name.givenName": "Barbara",
//!   "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "701984"}}
//! ```
//!
//! RFC 7644 §3.5.2.1 means an object of attributes. Each key is read as the path of an
//! operation of its own, in the order of the document; it is never stored as a name.

/// Whether the key says more than the name of an attribute.
pub(crate) fn is_path(key: &str) -> bool {
    key.contains(['.', ':', '['])
}
