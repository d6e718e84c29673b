//! Every route there is, with what a request to it looks like.
//!
//! A new route does not pass the tests of `isolation` until it has a row here.

use serde_json::{Value, json};

/// A route of the SCIM endpoint, below its base address.
pub(crate) struct ScimRoute {
    pub(crate) method: &'static str,
    /// As it is mounted.
    pub(crate) pattern: &'static str,
    /// What stands for `{id}`.
    pub(crate) item: Item,
    /// In it, `{user}` and `{group}` stand for a user and a group of the victim.
    pub(crate) body: Option<Value>,
}

impl ScimRoute {
    /// Whether it tells how to speak to a connection, and nothing of what is in it.
    pub(crate) fn is_discovery(&self) -> bool {
        let documents = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];
        documents.iter().any(|path| self.pattern.starts_with(path))
    }

    /// The body, about a user and a group.
    pub(crate) fn body_about(&self, user: &str, group: &str) -> Option<Value> {
        let body = self.body.as_ref()?.to_string();
        let body = body.replace("{user}", user).replace("{group}", group);
        Some(serde_json::from_str(&body).unwrap())
    }
}

/// What an `{id}` stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// There is none.
    None,
    /// A user of the victim.
    User,
    /// A group of the victim.
    Group,
    /// Something that is the same for every tenant.
    Public(&'static str),
}

/// Every route of the SCIM endpoint.
pub(crate) fn scim() -> Vec<ScimRoute> {
    let patch = |path: &str| {
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": path, "value": "Taken over" }],
        })
    };
    let user = || Some(json!({ "userName": "intruder", "displayName": "Taken over" }));
    let group = || Some(json!({ "displayName": "Taken over" }));
    let search = || Some(json!({ "filter": "userName pr" }));
    let rows: Vec<(&str, &str, Item, Option<Value>)> = vec![
        ("GET", "/Users", Item::None, None),
        ("POST", "/Users", Item::None, user()),
        ("GET", "/Users/{id}", Item::User, None),
        ("PUT", "/Users/{id}", Item::User, user()),
        (
            "PATCH",
            "/Users/{id}",
            Item::User,
            Some(patch("displayName")),
        ),
        ("DELETE", "/Users/{id}", Item::User, None),
        ("GET", "/Groups", Item::None, None),
        ("POST", "/Groups", Item::None, group()),
        ("GET", "/Groups/{id}", Item::Group, None),
        ("PUT", "/Groups/{id}", Item::Group, group()),
        (
            "PATCH",
            "/Groups/{id}",
            Item::Group,
            Some(patch("displayName")),
        ),
        ("DELETE", "/Groups/{id}", Item::Group, None),
        ("GET", "/ServiceProviderConfig", Item::None, None),
        ("GET", "/ResourceTypes", Item::None, None),
        ("GET", "/ResourceTypes/{id}", Item::Public("User"), None),
        ("GET", "/Schemas", Item::None, None),
        (
            "GET",
            "/Schemas/{id}",
            Item::Public("urn:ietf:params:scim:schemas:core:2.0:User"),
            None,
        ),
        ("POST", "/Bulk", Item::None, Some(bulk())),
        ("GET", "/Me", Item::None, None),
        ("POST", "/Me", Item::None, user()),
        ("PUT", "/Me", Item::None, user()),
        ("PATCH", "/Me", Item::None, Some(patch("displayName"))),
        ("DELETE", "/Me", Item::None, None),
        ("GET", "", Item::None, None),
        ("POST", "/.search", Item::None, search()),
        ("POST", "/Users/.search", Item::None, search()),
        ("POST", "/Groups/.search", Item::None, search()),
    ];
    rows.into_iter()
        .map(|(method, pattern, item, body)| ScimRoute {
            method,
            pattern,
            item,
            body,
        })
        .collect()
}

/// Operations on what is the victim's. Each of them fails but the last: a group waits for whoever
/// it cannot find.
fn bulk() -> Value {
    let patch = |operation: Value| json!({ "Operations": [operation] });
    let rename = patch(json!({ "op": "replace", "path": "displayName", "value": "Taken over" }));
    let add = patch(json!({ "op": "add", "path": "members", "value": [{ "value": "{user}" }] }));
    let empty = patch(json!({ "op": "remove", "path": "members[value eq \"{user}\"]" }));
    let user = json!({ "userName": "intruder" });
    let group = json!({ "displayName": "Taken over" });
    let with_member = json!({ "displayName": "Lured", "members": [{ "value": "{user}" }] });
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            { "method": "PATCH", "path": "/Users/{user}", "data": rename },
            { "method": "PUT", "path": "/Users/{user}", "data": user },
            { "method": "DELETE", "path": "/Users/{user}" },
            { "method": "PATCH", "path": "/Groups/{group}", "data": rename },
            { "method": "PATCH", "path": "/Groups/{group}", "data": add },
            { "method": "PATCH", "path": "/Groups/{group}", "data": empty },
            { "method": "PUT", "path": "/Groups/{group}", "data": group },
            { "method": "DELETE", "path": "/Groups/{group}" },
            { "method": "POST", "path": "/Groups", "bulkId": "lured", "data": with_member },
        ],
    })
}

/// A route of the management API.
pub(crate) struct ApiRoute {
    pub(crate) method: &'static str,
    /// As the OpenAPI document names it, with what its query must have.
    pub(crate) pattern: &'static str,
    pub(crate) body: Option<Value>,
}

impl ApiRoute {
    /// As the OpenAPI document names it.
    pub(crate) fn path(&self) -> &'static str {
        self.pattern.split('?').next().unwrap_or_default()
    }
}

/// Every route of the management API. Path parameters are filled in by name.
pub(crate) fn api() -> Vec<ApiRoute> {
    let named = || Some(json!({ "name": "Taken over" }));
    let sso = || {
        Some(json!({ "name": "Taken over", "protocol": "oidc",
            "oidc": { "issuer": "https://evil.example", "client_id": "x" } }))
    };
    let schema = || {
        Some(json!({ "id": "urn:example:intruder:1.0:User", "attributes": [{ "name": "badge" }] }))
    };
    let rows: Vec<(&str, &str, Option<Value>)> = vec![
        ("GET", "/v1/organizations", None),
        ("POST", "/v1/organizations", named()),
        ("GET", "/v1/organizations/{org}", None),
        ("PATCH", "/v1/organizations/{org}", named()),
        ("DELETE", "/v1/organizations/{org}", None),
        ("GET", "/v1/organizations/{org}/snapshot", None),
        ("POST", "/v1/organizations/{org}/reconcile", Some(json!({}))),
        ("GET", "/v1/organizations/{org}/sso-connections", None),
        ("POST", "/v1/organizations/{org}/sso-connections", sso()),
        ("GET", "/v1/organizations/{org}/sso-connections/{sso}", None),
        (
            "PATCH",
            "/v1/organizations/{org}/sso-connections/{sso}",
            named(),
        ),
        (
            "DELETE",
            "/v1/organizations/{org}/sso-connections/{sso}",
            None,
        ),
        (
            "POST",
            "/v1/organizations/{org}/sso-connections/{sso}/check",
            Some(json!({})),
        ),
        ("GET", "/v1/organizations/{org}/domains", None),
        (
            "POST",
            "/v1/organizations/{org}/domains",
            Some(json!({ "domain": "intruder.example.com" })),
        ),
        ("GET", "/v1/organizations/{org}/domains/{domain}", None),
        (
            "PATCH",
            "/v1/organizations/{org}/domains/{domain}",
            Some(json!({ "sso_connection_id": null })),
        ),
        ("DELETE", "/v1/organizations/{org}/domains/{domain}", None),
        (
            "POST",
            "/v1/organizations/{org}/domains/{domain}/verify",
            Some(json!({})),
        ),
        ("GET", "/v1/sign-in-routes?email=ada@victim.example", None),
        ("GET", "/v1/event-schemas", None),
        ("GET", "/v1/event-schemas/{type}", None),
        ("GET", "/v1/organizations/{org}/scim-connections", None),
        (
            "POST",
            "/v1/organizations/{org}/scim-connections",
            Some(json!({ "name": "Taken over", "sso_connection_id": "{sso}" })),
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}",
            None,
        ),
        (
            "PATCH",
            "/v1/organizations/{org}/scim-connections/{scim}",
            named(),
        ),
        (
            "DELETE",
            "/v1/organizations/{org}/scim-connections/{scim}",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/tokens",
            None,
        ),
        (
            "POST",
            "/v1/organizations/{org}/scim-connections/{scim}/tokens",
            named(),
        ),
        (
            "DELETE",
            "/v1/organizations/{org}/scim-connections/{scim}/tokens/{tok}",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/oauth-clients",
            None,
        ),
        (
            "POST",
            "/v1/organizations/{org}/scim-connections/{scim}/oauth-clients",
            named(),
        ),
        (
            "DELETE",
            "/v1/organizations/{org}/scim-connections/{scim}/oauth-clients/{occ}",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/users",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/groups",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/parked-references",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/requests",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/requests/{req}",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/support-bundle",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/deleted-users",
            None,
        ),
        (
            "POST",
            "/v1/organizations/{org}/scim-connections/{scim}/deleted-users/{user}/restore",
            Some(json!({})),
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/deleted-groups",
            None,
        ),
        (
            "POST",
            "/v1/organizations/{org}/scim-connections/{scim}/deleted-groups/{group}/restore",
            Some(json!({})),
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/schemas",
            None,
        ),
        (
            "POST",
            "/v1/organizations/{org}/scim-connections/{scim}/schemas",
            schema(),
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/schemas/{urn}",
            None,
        ),
        (
            "PUT",
            "/v1/organizations/{org}/scim-connections/{scim}/schemas/{urn}",
            schema(),
        ),
        (
            "DELETE",
            "/v1/organizations/{org}/scim-connections/{scim}/schemas/{urn}",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/schema-proposal",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/groups/{group}/role-mapping",
            None,
        ),
        (
            "PUT",
            "/v1/organizations/{org}/scim-connections/{scim}/groups/{group}/role-mapping",
            Some(json!({ "role": "guest", "precedence": 1 })),
        ),
        (
            "DELETE",
            "/v1/organizations/{org}/scim-connections/{scim}/groups/{group}/role-mapping",
            None,
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/attribute-mappings",
            None,
        ),
        (
            "POST",
            "/v1/organizations/{org}/scim-connections/{scim}/attribute-mappings/preview",
            Some(json!({ "user_id": "01890000-0000-7000-8000-000000000000" })),
        ),
        (
            "GET",
            "/v1/organizations/{org}/scim-connections/{scim}/attribute-mappings/{name}",
            None,
        ),
        (
            "PUT",
            "/v1/organizations/{org}/scim-connections/{scim}/attribute-mappings/{name}",
            Some(json!({ "path": "title", "type": "string" })),
        ),
        (
            "DELETE",
            "/v1/organizations/{org}/scim-connections/{scim}/attribute-mappings/{name}",
            None,
        ),
        ("GET", "/v1/organizations/{org}/role-mappings", None),
        (
            "PUT",
            "/v1/organizations/{org}/users/{user}/role",
            Some(json!({ "role": "guest" })),
        ),
        ("DELETE", "/v1/organizations/{org}/users/{user}/role", None),
        (
            "GET",
            "/v1/organizations/{org}/users/{user}/role-explanation",
            None,
        ),
        ("GET", "/v1/organizations/{org}/policy", None),
        (
            "PUT",
            "/v1/organizations/{org}/policy",
            Some(json!({ "just_in_time_provisioning": false })),
        ),
        (
            "GET",
            "/v1/organizations/{org}/policy/preview?policy=%7B%7D",
            None,
        ),
        (
            "POST",
            "/v1/organizations/{org}/sign-in-decisions",
            Some(json!({ "sso_connection_id": "{sso}", "identity": { "subject": "victim" } })),
        ),
        ("GET", "/v1/organizations/{org}/sign-in-links", None),
        (
            "DELETE",
            "/v1/organizations/{org}/sso-connections/{sso}/sign-in-links?subject=victim",
            None,
        ),
        ("GET", "/v1/consumers", None),
        ("GET", "/v1/consumers/{consumer}", None),
        (
            "PUT",
            "/v1/consumers/{consumer}",
            Some(json!({ "cursor": "1" })),
        ),
        ("DELETE", "/v1/consumers/{consumer}", None),
        ("GET", "/v1/events", None),
        ("GET", "/v1/events/stream?after=never", None),
        ("GET", "/v1/organizations/{org}/portal-links", None),
        (
            "POST",
            "/v1/organizations/{org}/portal-links",
            Some(json!({})),
        ),
        ("GET", "/v1/organizations/{org}/portal-links/{plk}", None),
        ("DELETE", "/v1/organizations/{org}/portal-links/{plk}", None),
        ("GET", "/v1/organizations/{org}/audit-log", None),
        ("GET", "/v1/organizations/{org}/audit-log/head", None),
        ("GET", "/v1/audit-log", None),
        ("GET", "/v1/audit-log/heads", None),
        ("GET", "/v1/webhook-endpoints", None),
        (
            "POST",
            "/v1/webhook-endpoints",
            Some(json!({ "url": "https://evil.example/", "organization": "victim" })),
        ),
        ("GET", "/v1/webhook-endpoints/{whe}", None),
        (
            "PATCH",
            "/v1/webhook-endpoints/{whe}",
            Some(json!({ "url": "https://evil.example/" })),
        ),
        ("DELETE", "/v1/webhook-endpoints/{whe}", None),
        (
            "POST",
            "/v1/webhook-endpoints/{whe}/rotate-secret",
            Some(json!({})),
        ),
        ("POST", "/v1/webhook-endpoints/{whe}/test", Some(json!({}))),
        (
            "POST",
            "/v1/webhook-endpoints/{whe}/replay",
            Some(json!({ "after": 0 })),
        ),
        ("GET", "/v1/webhook-endpoints/{whe}/deliveries", None),
        ("GET", "/v1/webhook-endpoints/{whe}/deliveries/{whd}", None),
        (
            "POST",
            "/v1/webhook-endpoints/{whe}/deliveries/{whd}/redeliver",
            Some(json!({})),
        ),
        ("GET", "/v1/api-keys", None),
        ("POST", "/v1/api-keys", named()),
        ("GET", "/v1/api-keys/{key}", None),
        ("DELETE", "/v1/api-keys/{key}", None),
    ];
    rows.into_iter()
        .map(|(method, pattern, body)| ApiRoute {
            method,
            pattern,
            body,
        })
        .collect()
}
