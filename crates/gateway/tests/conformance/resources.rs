//! Resources, schemas, common attributes (RFC 7643 §3).
