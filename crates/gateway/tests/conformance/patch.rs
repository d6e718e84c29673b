//! PATCH in general (RFC 7644 §3.5.2).
