//! What PostgreSQL's planner is told of tenants.
//!
//! Every query names an organization and a connection, and the one follows from the other. Not
//! knowing that, the planner takes their chances times each other: with a few thousand tenants it
//! believes that a tenant has one row, finds every index that begins with the two as good as the
//! one that names the row, and reads the whole tenant to find one user.

step!(
    "{postgres} create statistics {part:users}_tenant (dependencies)
        on org_id, scim_connection_id from {part:users}",
    "{postgres} create statistics {part:groups}_tenant (dependencies)
        on org_id, scim_connection_id from {part:groups}",
    "{postgres} create statistics {part:group_members}_tenant (dependencies)
        on org_id, scim_connection_id from {part:group_members}",
    "{postgres} create statistics {part:group_groups}_tenant (dependencies)
        on org_id, scim_connection_id from {part:group_groups}",
    "{postgres} create statistics {part:user_emails}_tenant (dependencies)
        on org_id, scim_connection_id from {part:user_emails}",
    "{postgres} create statistics {part:user_managers}_tenant (dependencies)
        on org_id, scim_connection_id from {part:user_managers}",
    "{postgres} create statistics {part:unique_values}_tenant (dependencies)
        on org_id, scim_connection_id from {part:unique_values}",
    "{postgres} create statistics {part:parked_references}_tenant (dependencies)
        on org_id, scim_connection_id from {part:parked_references}",
    "{postgres} create statistics {part:tombstones}_tenant (dependencies)
        on org_id, scim_connection_id from {part:tombstones}",
    "{postgres} create statistics scim_tokens_tenant (dependencies)
        on org_id, scim_connection_id from scim_tokens",
    "{postgres} create statistics scim_schemas_tenant (dependencies)
        on org_id, scim_connection_id from scim_schemas",
    "{postgres} create statistics {part:scim_requests}_tenant (dependencies)
        on org_id, scim_connection_id from {part:scim_requests}",
);
