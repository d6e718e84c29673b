//! Attributes and data types (RFC 7643 §2.1 to §2.3, §2.5).
