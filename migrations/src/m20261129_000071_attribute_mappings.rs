//! What the product calls the values that an identity provider sends.

step!(
    "create table attribute_mappings (
        org_id             {uuid} not null,
        scim_connection_id {uuid} not null,
        name               text   not null,
        path               text   not null,
        type               text   not null,
        required           {bool} not null,
        system             {bool} not null,
        created_at         {int}  not null,
        updated_at         {int}  not null,
        primary key (org_id, scim_connection_id, name),
        foreign key (org_id, scim_connection_id)
            references scim_connections (org_id, id) on delete cascade
    ) {strict}",
    "{postgres} create statistics attribute_mappings_tenant (dependencies)
        on org_id, scim_connection_id from attribute_mappings",
);
