//! Versions and conditional requests (RFC 7644 §3.14, RFC 9110 §13).
