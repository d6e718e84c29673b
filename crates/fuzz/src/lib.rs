//! What fuzzing calls: each target takes any bytes, hands them to code that reads what strangers
//! send, and panics if that code panics or breaks a promise.
//!
//! The targets are plain functions, so the same ones run in two ways: under libFuzzer for as long
//! as somebody likes (`make fuzz`, the package in `/fuzz`), and in `make test` on the corpus and on
//! a fixed number of changes of it.

#[cfg(feature = "token")]
mod cursor;
mod filter;
mod patch;
mod path;
mod samples;
#[cfg(feature = "token")]
mod token;

#[cfg(feature = "token")]
pub use cursor::cursor;
pub use filter::filter;
pub use patch::patch;
pub use path::path;
#[cfg(feature = "token")]
pub use token::token;

/// A target's name, which is also that of its corpus, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("filter", filter),
    ("path", path),
    ("patch", patch),
    #[cfg(feature = "token")]
    ("token", token),
    #[cfg(feature = "token")]
    ("cursor", cursor),
];
