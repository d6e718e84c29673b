//! Login providers that can be switched off, and the domains that organizations claim.

step!(
    "alter table sso_connections add column enabled {bool} not null default true",
    "alter table sso_connections add column trust_email {bool} not null default false",
    // What several organizations may claim at the same time.
    "create table organization_domains (
        org_id            {uuid} not null references organizations (id) on delete cascade,
        domain            text   not null,
        challenge         text   not null,
        sso_connection_id {uuid},
        created_at        {int}  not null,
        verified_at       {int},
        primary key (org_id, domain),
        foreign key (org_id, sso_connection_id) references sso_connections (org_id, id)
    ) {strict}",
    "create index organization_domains_by_sso
        on organization_domains (org_id, sso_connection_id)",
    // What only one of them has verified. An address must lead to its organization before that is
    // known.
    "create table routing_domains (
        domain text   not null primary key,
        org_id {uuid} not null,
        foreign key (org_id, domain)
            references organization_domains (org_id, domain) on delete cascade
    ) {strict}",
    "create unique index routing_domains_by_org on routing_domains (org_id, domain)",
);
