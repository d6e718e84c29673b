//! What people read. Code and templates say `t::NAME`; which language that is, is decided here: the
//! modules of another one would hold the same names.

mod en;
mod en_connection;
mod en_lists;
mod en_organization;

pub(crate) use en::*;
pub(crate) use en_connection::*;
pub(crate) use en_lists::*;
pub(crate) use en_organization::*;
