//! Internationalised strings (RFC 7644 §5, RFC 8265).
