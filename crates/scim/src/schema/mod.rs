//! Schemas and resource types: what attributes there are and how they behave.
//!
//! The core schemas are JSON files under `data/`, in the form in which `/Schemas` serves
//! them, so that what is advertised and what the code obeys are one text. They follow
//! RFC 7643 §8.7 with its errata.

mod attribute;
mod catalog;
mod custom;
mod definition;
mod discovery;
mod profile;
mod proposal;
mod resource_type;
#[cfg(test)]
mod tests;

pub use attribute::{Attribute, AttributeType, Mutability, Returned, Uniqueness};
pub use catalog::{Catalog, common_attribute, common_attributes};
pub use custom::{CustomSchema, Extends, MAX_SCHEMAS, SchemaError};
pub use discovery::{ServiceFeatures, ServiceLimits, service_provider_config};
pub use profile::Profile;
pub use proposal::Proposal;
pub use resource_type::{Extension, Resolved, ResourceType, Schema};

/// URN of the core User schema.
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the core Group schema.
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// URN of the enterprise extension of User.
pub const ENTERPRISE_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
