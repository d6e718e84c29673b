//! What people read. Code and templates say `t::NAME`; which language that is, is decided here.

mod en;

pub(crate) use en::*;
