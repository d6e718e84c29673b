//! PATCH: `remove` (RFC 7644 §3.5.2.2).
