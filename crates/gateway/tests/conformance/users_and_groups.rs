//! User, Group and the enterprise extension (RFC 7643 §4).
