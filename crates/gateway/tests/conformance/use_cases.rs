//! Use cases (RFC 7642).
