//! Multi-tenancy (RFC 7644 §6).
