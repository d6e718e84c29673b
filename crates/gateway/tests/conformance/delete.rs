//! Deleting resources (RFC 7644 §3.6).
