//! The proofs of the conformance matrix (`docs/conformance.md`) over real HTTP, one module for
//! each of its parts. What another suite proves already is named there and not repeated here.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod attributes;
mod authentication;
mod bulk;
mod characteristics;
mod conditional;
mod create;
mod crowd;
mod cursor_paging;
mod delete;
mod discovery;
mod discovery_content;
mod drafts;
mod endpoints;
mod entra;
mod errors;
mod events;
mod filter;
mod fixture;
mod formats;
mod index_paging;
mod me;
mod multi_valued;
mod okta;
mod okta_size;
mod patch;
mod patch_add;
mod patch_answers;
mod patch_custom;
mod patch_probe;
mod patch_remove;
mod patch_replace;
mod profiles;
mod projection;
mod published_schemas;
mod raw;
mod read;
mod replace;
mod resources;
mod search;
mod security;
mod sort;
mod strings;
mod tenancy;
mod use_cases;
mod users_and_groups;
mod version;
