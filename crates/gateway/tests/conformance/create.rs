//! Creating resources (RFC 7644 §3.3).
