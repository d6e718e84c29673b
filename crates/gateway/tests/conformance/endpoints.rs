//! Messages, endpoints and methods (RFC 7644 §3.1, §3.2).
