//! The discovery endpoints (RFC 7644 §4).
