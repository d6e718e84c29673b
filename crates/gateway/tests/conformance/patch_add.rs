//! PATCH: `add` (RFC 7644 §3.5.2.1).
