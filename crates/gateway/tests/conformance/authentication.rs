//! Authentication and authorization (RFC 7644 §2, RFC 6750).
