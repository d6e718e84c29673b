#![doc = include_str!("../README.md")]

pub mod attr;
pub mod bulk;
pub mod date_time;
pub mod error;
pub mod filter;
pub mod json;
pub mod mask;
pub mod message;
pub mod patch;
pub mod product;
pub mod project;
pub mod quirks;
pub mod resource;
pub mod schema;
pub mod sort;
pub mod user_name;
pub mod value_path;

pub use attr::{AttrPath, caseless};
pub use error::{ScimError, ScimType};
pub use project::Projection;
pub use quirks::Quirk;
pub use resource::{Member, Meta, Parsed, Resource, render, render_stored};
pub use schema::{Attribute, Catalog, Profile, ResourceType, Schema};
pub use sort::Sort;
