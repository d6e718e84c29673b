#![doc = include_str!("../README.md")]

mod again;
pub mod api_keys;
pub mod authentication;
pub mod certificates;
pub mod console_sign_in;
pub mod domains;
mod error;
mod field;
pub mod guesses;
pub mod management_callers;
pub mod oauth;
pub mod oidc;
pub mod organizations;
pub mod policies;
pub mod portal;
pub mod reconcile;
pub mod request_log;
pub mod roles;
pub mod saml_metadata;
pub mod scim_connections;
pub mod secret;
pub mod sign_in;
pub mod sso_check;
pub mod sso_connections;
pub mod tokens;
pub mod webhooks;

pub use error::OrgsError;
