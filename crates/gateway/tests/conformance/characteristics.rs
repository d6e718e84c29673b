//! Characteristics of attributes (RFC 7643 §2.2, §7).
