//! People of the vendor who call the management API with tokens of its own OIDC issuer.
//!
//! Each has a row of `api_keys` without a secret: idempotent answers and the audit log refer to it.

step!(
    "alter table api_keys add column oidc_subject text",
    "create unique index api_keys_by_oidc_subject on api_keys (oidc_subject)",
);
