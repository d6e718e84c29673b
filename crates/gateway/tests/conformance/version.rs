//! The protocol version (RFC 7644 §3.13).
