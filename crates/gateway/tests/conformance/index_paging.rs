//! Paging by index (RFC 7644 §3.4.2.4).
