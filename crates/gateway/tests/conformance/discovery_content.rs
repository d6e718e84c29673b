//! What discovery says (RFC 7643 §5 to §7).
