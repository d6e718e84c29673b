//! Security and privacy (RFC 7644 §7, RFC 7643 §9).
