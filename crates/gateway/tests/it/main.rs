//! The gateway over real HTTP, on SQLite and on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

mod api_keys;
mod api_reference;
mod atomicity;
mod attention;
mod attribute_mappings;
mod audit_log;
mod connecting;
mod consumers;
mod contention;
mod database_restart;
mod database_timeouts;
mod declared;
mod domains;
mod event_types;
mod expiry_notices;

mod following;
mod generated;
mod health;
mod id_tokens;
mod idp_cases;
mod isolation;
mod isolation_table;
mod lifecycle;
mod management;
mod management_oidc;
mod oauth;
mod oauth_access_tokens;
mod policies;
mod portal_links;
mod protection;
mod rate_limits;
mod raw_stream;
mod reconcile;
mod replicas;
mod request_log;
mod roles;
mod routing;
mod scim_bulk;
mod scim_bulk_outage;
mod scim_errors;
mod scim_groups;
mod scim_lists;
mod scim_long_groups;
mod scim_members_concurrent;
mod scim_nested_groups;
mod scim_parked_references;
mod scim_schemas;
mod scim_users;
mod scopes;
mod secret_key;
mod sign_in_table;
mod sign_ins;
mod slow_clients;
mod snapshot_follow;
mod source_addresses;
mod sso_connections;
mod tokens;
mod tombstones;
mod unmapped;
mod webhooks;
