#![doc = include_str!("../README.md")]

mod api;
mod apply;
mod document;
mod export;
mod held;
mod named;
mod place;
mod plan;
mod schema;
mod show;
mod wanted;

pub use api::{Api, ApiError};
pub use apply::{Failure, FailureReason, Outcome, apply};
pub use export::{ExportError, ExportOptions, export};
pub use place::{FileError, Place};
pub use plan::{Action, FieldChange, Kind, Options, Part, Plan, Problem, Step, make};
pub use schema::schema;
pub use show::{Shown, to_be_typed};
pub use wanted::File;
