//! Paging by cursor (RFC 9865).
