//! Errors (RFC 7644 §3.12).
