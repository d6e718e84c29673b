//! Look-ups by the time of the last change, and of the inactive.

step!(
    // Whoever fetches what changed since a moment must not read everybody.
    "create index users_by_update on users (org_id, scim_connection_id, updated_at)",
    "create index groups_by_update on groups (org_id, scim_connection_id, updated_at)",
    // The inactive are few among the active.
    "create index users_by_active on users (org_id, scim_connection_id, active)",
);
