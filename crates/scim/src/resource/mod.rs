//! Users and groups: what clients send, how it is kept, how it is answered.

mod document;
mod member;
mod parse;
mod render;
mod stored;
pub(crate) mod syntax;
#[cfg(test)]
mod tests;
pub(crate) mod unmapped;
pub(crate) mod value;

pub use document::Resource;
pub use member::Member;
pub use parse::Parsed;
pub use render::{Meta, render};
pub use stored::render_stored;
pub use unmapped::{MAX_UNMAPPED, MAX_UNMAPPED_BYTES};
