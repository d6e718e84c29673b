//! What PostgreSQL's planner is told of tenants.
//!
//! Every query names an organization and a connection, and the one follows from the other. Not
//! knowing that, the planner takes their chances times each other: with a few thousand tenants it
//! believes that a tenant has one row, finds every index that begins with the two as good as the
//! one that names the row, and reads the whole tenant to find one user.

step!(
    "{postgres} create statistics users_tenant (dependencies)
        on org_id, scim_connection_id from users",
    "{postgres} create statistics groups_tenant (dependencies)
        on org_id, scim_connection_id from groups",
    "{postgres} create statistics group_members_tenant (dependencies)
        on org_id, scim_connection_id from group_members",
    "{postgres} create statistics group_groups_tenant (dependencies)
        on org_id, scim_connection_id from group_groups",
    "{postgres} create statistics user_emails_tenant (dependencies)
        on org_id, scim_connection_id from user_emails",
    "{postgres} create statistics user_managers_tenant (dependencies)
        on org_id, scim_connection_id from user_managers",
    "{postgres} create statistics unique_values_tenant (dependencies)
        on org_id, scim_connection_id from unique_values",
    "{postgres} create statistics parked_references_tenant (dependencies)
        on org_id, scim_connection_id from parked_references",
    "{postgres} create statistics tombstones_tenant (dependencies)
        on org_id, scim_connection_id from tombstones",
    "{postgres} create statistics scim_tokens_tenant (dependencies)
        on org_id, scim_connection_id from scim_tokens",
    "{postgres} create statistics scim_schemas_tenant (dependencies)
        on org_id, scim_connection_id from scim_schemas",
    "{postgres} create statistics scim_requests_tenant (dependencies)
        on org_id, scim_connection_id from scim_requests",
);
