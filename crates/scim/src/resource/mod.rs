//! Users and groups: what clients send, how it is kept, how it is answered.

mod document;
mod member;
mod parse;
mod render;
#[cfg(test)]
mod tests;
pub(crate) mod value;

pub use document::Resource;
pub use member::Member;
pub use parse::Parsed;
pub use render::{Meta, render};
