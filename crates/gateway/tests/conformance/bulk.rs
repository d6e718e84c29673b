//! Bulk operations (RFC 7644 §3.7).
