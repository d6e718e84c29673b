//! The tables as sea-orm sees them. Nothing in here leaves the crate.
//!
//! No relations are declared: joins would reach rows that no tenant predicate has been put on.

#![expect(
    unreachable_pub,
    reason = "sea-orm derives public types, and this module is where they stay"
)]

pub(crate) mod api_keys;
pub(crate) mod attribute_mappings;
pub(crate) mod audit_log;
pub(crate) mod directory_counts;
pub(crate) mod events;
pub(crate) mod group_groups;
pub(crate) mod group_members;
pub(crate) mod groups;
pub(crate) mod idempotency_keys;
pub(crate) mod installation;
pub(crate) mod oauth_clients;
pub(crate) mod oauth_signing_keys;
pub(crate) mod organization_domains;
pub(crate) mod organization_policies;
pub(crate) mod organizations;
pub(crate) mod page_sessions;
pub(crate) mod parked_references;
pub(crate) mod portal_forms;
pub(crate) mod portal_links;
pub(crate) mod portal_sessions;
pub(crate) mod routing_connections;
pub(crate) mod routing_domains;
pub(crate) mod routing_oauth_clients;
pub(crate) mod routing_portal_links;
pub(crate) mod routing_portal_sessions;
pub(crate) mod routing_tokens;
pub(crate) mod scim_connection_habits;
pub(crate) mod scim_connections;
pub(crate) mod scim_request_contents;
pub(crate) mod scim_requests;
pub(crate) mod scim_schemas;
pub(crate) mod scim_tokens;
pub(crate) mod sign_in_links;
pub(crate) mod spent_sign_ins;
pub(crate) mod sso_connections;
pub(crate) mod tombstones;
pub(crate) mod unique_values;
pub(crate) mod user_emails;
pub(crate) mod user_managers;
pub(crate) mod user_roles;
pub(crate) mod users;
pub(crate) mod waiting_users;
pub(crate) mod webhook_attempts;
pub(crate) mod webhook_deliveries;
pub(crate) mod webhook_endpoints;
pub(crate) mod webhook_secrets;
