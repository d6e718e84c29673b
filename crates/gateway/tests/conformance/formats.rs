//! Formats and notation (RFC 7644 §3.8, §3.10).
