//! What an API key may do, and whether it may do so in one organization only.
//!
//! A key of before may do everything, as it could. One that is bound goes with its organization.

step!(
    "alter table api_keys add column role text not null default 'admin'",
    "alter table api_keys add column org_id {uuid}
        references organizations (id) on delete cascade",
);
