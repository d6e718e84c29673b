#![doc = include_str!("../README.md")]

mod answer;
mod assets;
mod console;
mod operator;
mod portal;
mod session;
mod text;

pub use console::{Console, ConsoleOptions};
pub use portal::branding::{Branding, MAX_LOGO_BYTES};
