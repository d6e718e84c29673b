//! PATCH: `replace` (RFC 7644 §3.5.2.3).
