#![doc = include_str!("../README.md")]

mod address;
mod allowed;
mod error;
mod fetcher;
mod post;
mod resolver;

pub use address::is_public;
pub use allowed::{AllowedNetworks, NotANetwork};
pub use error::FetchError;
pub use fetcher::{Fetched, Fetcher, FetcherError, Timeouts};
pub use post::{Post, Posted};
