//! Multi-valued attributes (RFC 7643 §2.4).
