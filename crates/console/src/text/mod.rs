//! What people read. Code and templates say `t::NAME`; which language that is, is decided here: a
//! module for another one would hold the same names.

mod en;

pub(crate) use en::*;
