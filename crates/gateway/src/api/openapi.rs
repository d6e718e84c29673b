//! The OpenAPI document of the management API.
//!
//! Paths and bodies come from the handlers, through the same calls that mount them: an endpoint
//! cannot be served and left out. What every call has in common (the key, the problems, the
//! idempotency header) is added here once, so no handler has to say it.

use std::sync::LazyLock;

use actix_web::{App, HttpResponse, get};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ArrayItems, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, License, OpenApi, Ref, RefOr, Required,
    SecurityRequirement,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope::scope;

use crate::api::idempotency;
use crate::api::problem::ProblemBody;
use crate::api::reconcile;

const DESCRIPTION: &str = "What a vendor's programs call: organizations, their login providers \
     and SCIM connections, what identity providers pushed, and the feed of every change.";

/// The security scheme's name in the document.
const API_KEY: &str = "api_key";

/// A problem that calls can have.
struct Expected {
    status: &'static str,
    when: &'static str,
    can_happen: fn(&Call) -> bool,
}

const fn expected(
    status: &'static str,
    when: &'static str,
    can_happen: fn(&Call) -> bool,
) -> Expected {
    Expected {
        status,
        when,
        can_happen,
    }
}

const PROBLEMS: [Expected; 9] = [
    expected("400", "The body is not JSON", |call| call.has_body),
    expected("401", "No valid API key or token was sent", |_| true),
    expected(
        "403",
        "The caller may only read, is bound to one organization, or has no role",
        |_| true,
    ),
    expected("404", "The path names nothing", |call| call.names_something),
    expected(
        "409",
        "The first call with this `Idempotency-Key` is not finished",
        |call| call.is_post,
    ),
    expected("413", "The body is too large", |call| call.has_body),
    expected("415", "The body does not say that it is JSON", |call| {
        call.has_body
    }),
    expected(
        "422",
        "A field or parameter does not hold what it may; `field` names it",
        |call| call.has_body || call.has_query,
    ),
    expected(
        "503",
        "Not available now; `Retry-After` says when to try again",
        |_| true,
    ),
];

/// What decides which problems a call can have.
struct Call {
    is_post: bool,
    has_body: bool,
    has_query: bool,
    names_something: bool,
}

/// The document as it is served: JSON, indented, with a line end. The same for every server of
/// one version.
#[must_use]
pub fn openapi_document() -> String {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let text = document().to_pretty_json().unwrap_or_default();
        format!("{text}\n")
    });
    TEXT.clone()
}

/// The API's description as an OpenAPI document
///
/// No API key is needed.
#[utoipa::path(
    tag = "Description",
    security(()),
    responses((status = 200, description = "This document", body = Object)),
)]
#[get("/openapi.json")]
pub(super) async fn get_openapi_document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(openapi_document())
}

/// The document, built from the routes.
pub(super) fn document() -> OpenApi {
    let routes = App::new()
        .into_utoipa_app()
        .service(scope(super::PREFIX).configure(super::routes));
    let (_, mut document) = routes.split_for_parts();
    document.info = InfoBuilder::new()
        .title("Rollcall management API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(License::new(env!("CARGO_PKG_LICENSE"))))
        .build();
    let components = document.components.get_or_insert_default();
    add_common_components(components);
    document.security = Some(vec![SecurityRequirement::new(API_KEY, [""; 0])]);
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_mut(item) {
            complete(path, method, operation);
        }
    }
    document
}

fn add_common_components(components: &mut Components) {
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme(API_KEY, bearer);
    let mut schemas = Vec::new();
    ProblemBody::schemas(&mut schemas);
    schemas.push((ProblemBody::name().into_owned(), ProblemBody::schema()));
    components.schemas.extend(schemas);
    for (name, schema) in &mut components.schemas {
        if let Some(item) = name.strip_prefix("List_") {
            refer_to_item(item, schema);
        }
    }
}

/// A generic list repeats the schema of its items, which is a component of its own already.
fn refer_to_item(item: &str, list: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(list)) = list
        && let Some(RefOr::T(Schema::Array(data))) = list.properties.get_mut("data")
    {
        data.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
    }
}

/// The operations of a path with their methods, in the order of the alphabet.
fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("DELETE", &mut item.delete),
        ("GET", &mut item.get),
        ("PATCH", &mut item.patch),
        ("POST", &mut item.post),
        ("PUT", &mut item.put),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The methods that a path takes, in the order of the alphabet.
pub(super) fn methods(mut item: PathItem) -> Vec<&'static str> {
    operations_mut(&mut item)
        .map(|(method, _)| method)
        .collect()
}

/// What a part of a path names, by its name in the path.
fn path_parameter(name: &str) -> Option<&'static str> {
    Some(match name {
        "org" => "The organization, by id or slug",
        "sso" => "The SSO connection's id",
        "scim" => "The SCIM connection's id",
        "tok" => "The token's id",
        "user" => "The user's SCIM id",
        "group" => "The group's SCIM id",
        "urn" => "The schema's URN",
        "key" => "The API key's id",
        "domain" => "The domain, in any letters and case",
        "consumer" => "The consumer's name: 1 to 100 letters, digits and `._-`",
        "occ" => "The OAuth client's id",
        "type" => "The type of event",
        "name" => "The product's name of the attribute",
        "plk" => "The portal link's id",
        "whe" => "The webhook endpoint's id",
        "whd" => "The delivery's id",
        "req" => "The request's id, as its answer carried it",
        _ => return None,
    })
}

fn idempotency_parameter() -> Parameter {
    let key = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(idempotency::MAX_LENGTH))
        .build();
    ParameterBuilder::new()
        .name(idempotency::HEADER)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Sent again with the same key, the call is answered again (with \
             `Idempotency-Replayed: true` and without secrets) and not done again.",
        ))
        .schema(Some(key))
        .build()
}

/// Adds to an operation what every call has in common.
fn complete(path: &str, method: &str, operation: &mut Operation) {
    if operation.security.is_some() {
        return;
    }
    // What only reads is not remembered.
    let is_post = method == "POST" && path != reconcile::PATTERN;
    if is_post {
        let parameters = operation.parameters.get_or_insert_default();
        parameters.push(RefOr::T(idempotency_parameter()));
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.parameter_in == ParameterIn::Path
        {
            parameter.description = path_parameter(&parameter.name).map(str::to_owned);
        }
    }
    let in_query = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
        RefOr::Ref(_) => false,
    };
    let call = Call {
        is_post,
        has_body: operation.request_body.is_some(),
        has_query: operation.parameters.iter().flatten().any(in_query),
        names_something: path.contains('{'),
    };
    for Expected {
        status,
        when,
        can_happen,
    } in PROBLEMS
    {
        let own = operation.responses.responses.remove(status);
        let description = match own {
            Some(RefOr::T(own)) if can_happen(&call) => format!("{}; {when}", own.description),
            Some(RefOr::T(own)) => own.description,
            _ if can_happen(&call) => when.to_owned(),
            _ => continue,
        };
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(ProblemBody::name())))
            .build();
        let response = ResponseBuilder::new()
            .description(description)
            .content("application/problem+json", content)
            .build();
        let responses = &mut operation.responses.responses;
        responses.insert(status.to_owned(), response.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_documented() {
        let mut lines = Vec::new();
        for (path, mut item) in document().paths.paths {
            for (method, operation) in operations_mut(&mut item) {
                let name = operation.operation_id.clone().unwrap_or_default();
                lines.push(format!("{method} {path} {name}"));
            }
        }
        insta::assert_snapshot!(lines.join("\n"), @"
        GET /v1/api-keys list_api_keys
        POST /v1/api-keys create_api_key
        DELETE /v1/api-keys/{key} delete_api_key
        GET /v1/api-keys/{key} get_api_key
        GET /v1/audit-log list_audit_log
        GET /v1/audit-log/heads list_audit_heads
        GET /v1/consumers list_consumers
        DELETE /v1/consumers/{consumer} delete_consumer
        GET /v1/consumers/{consumer} get_consumer
        PUT /v1/consumers/{consumer} acknowledge
        GET /v1/event-schemas list_event_schemas
        GET /v1/event-schemas/{type} get_event_schema
        GET /v1/events list_events
        GET /v1/events/stream stream_events
        GET /v1/openapi.json get_openapi_document
        GET /v1/organizations list_organizations
        POST /v1/organizations create_organization
        DELETE /v1/organizations/{org} delete_organization
        GET /v1/organizations/{org} get_organization
        PATCH /v1/organizations/{org} change_organization
        GET /v1/organizations/{org}/audit-log list_organization_audit_log
        GET /v1/organizations/{org}/audit-log/head get_audit_head
        GET /v1/organizations/{org}/domains list_domains
        POST /v1/organizations/{org}/domains claim_domain
        DELETE /v1/organizations/{org}/domains/{domain} delete_domain
        GET /v1/organizations/{org}/domains/{domain} get_domain
        PATCH /v1/organizations/{org}/domains/{domain} change_domain
        POST /v1/organizations/{org}/domains/{domain}/verify verify_domain
        GET /v1/organizations/{org}/policy get_policy
        PUT /v1/organizations/{org}/policy replace_policy
        GET /v1/organizations/{org}/policy/preview preview_policy
        GET /v1/organizations/{org}/portal-links list_portal_links
        POST /v1/organizations/{org}/portal-links create_portal_link
        DELETE /v1/organizations/{org}/portal-links/{plk} revoke_portal_link
        GET /v1/organizations/{org}/portal-links/{plk} get_portal_link
        POST /v1/organizations/{org}/reconcile reconcile
        GET /v1/organizations/{org}/role-mappings list_role_mappings
        GET /v1/organizations/{org}/scim-connections list_scim_connections
        POST /v1/organizations/{org}/scim-connections create_scim_connection
        DELETE /v1/organizations/{org}/scim-connections/{scim} delete_scim_connection
        GET /v1/organizations/{org}/scim-connections/{scim} get_scim_connection
        PATCH /v1/organizations/{org}/scim-connections/{scim} change_scim_connection
        GET /v1/organizations/{org}/scim-connections/{scim}/attribute-mappings list_attribute_mappings
        POST /v1/organizations/{org}/scim-connections/{scim}/attribute-mappings/preview preview_attribute_mappings
        DELETE /v1/organizations/{org}/scim-connections/{scim}/attribute-mappings/{name} delete_attribute_mapping
        GET /v1/organizations/{org}/scim-connections/{scim}/attribute-mappings/{name} get_attribute_mapping
        PUT /v1/organizations/{org}/scim-connections/{scim}/attribute-mappings/{name} set_attribute_mapping
        GET /v1/organizations/{org}/scim-connections/{scim}/deleted-groups list_deleted_groups
        POST /v1/organizations/{org}/scim-connections/{scim}/deleted-groups/{group}/restore restore_group
        GET /v1/organizations/{org}/scim-connections/{scim}/deleted-users list_deleted_users
        POST /v1/organizations/{org}/scim-connections/{scim}/deleted-users/{user}/restore restore_user
        GET /v1/organizations/{org}/scim-connections/{scim}/groups list_groups
        DELETE /v1/organizations/{org}/scim-connections/{scim}/groups/{group}/role-mapping delete_role_mapping
        GET /v1/organizations/{org}/scim-connections/{scim}/groups/{group}/role-mapping get_role_mapping
        PUT /v1/organizations/{org}/scim-connections/{scim}/groups/{group}/role-mapping set_role_mapping
        GET /v1/organizations/{org}/scim-connections/{scim}/oauth-clients list_oauth_clients
        POST /v1/organizations/{org}/scim-connections/{scim}/oauth-clients create_oauth_client
        DELETE /v1/organizations/{org}/scim-connections/{scim}/oauth-clients/{occ} revoke_oauth_client
        GET /v1/organizations/{org}/scim-connections/{scim}/parked-references list_parked_references
        GET /v1/organizations/{org}/scim-connections/{scim}/requests list_requests
        GET /v1/organizations/{org}/scim-connections/{scim}/requests/{req} get_request
        GET /v1/organizations/{org}/scim-connections/{scim}/schema-proposal propose_schema
        GET /v1/organizations/{org}/scim-connections/{scim}/schemas list_schemas
        POST /v1/organizations/{org}/scim-connections/{scim}/schemas add_schema
        DELETE /v1/organizations/{org}/scim-connections/{scim}/schemas/{urn} delete_schema
        GET /v1/organizations/{org}/scim-connections/{scim}/schemas/{urn} get_schema
        PUT /v1/organizations/{org}/scim-connections/{scim}/schemas/{urn} replace_schema
        GET /v1/organizations/{org}/scim-connections/{scim}/support-bundle get_support_bundle
        GET /v1/organizations/{org}/scim-connections/{scim}/tokens list_scim_tokens
        POST /v1/organizations/{org}/scim-connections/{scim}/tokens create_scim_token
        DELETE /v1/organizations/{org}/scim-connections/{scim}/tokens/{tok} revoke_scim_token
        GET /v1/organizations/{org}/scim-connections/{scim}/users list_users
        POST /v1/organizations/{org}/sign-in-decisions decide_sign_in
        GET /v1/organizations/{org}/sign-in-links list_sign_in_links
        GET /v1/organizations/{org}/snapshot get_snapshot
        GET /v1/organizations/{org}/sso-connections list_sso_connections
        POST /v1/organizations/{org}/sso-connections create_sso_connection
        DELETE /v1/organizations/{org}/sso-connections/{sso} delete_sso_connection
        GET /v1/organizations/{org}/sso-connections/{sso} get_sso_connection
        PATCH /v1/organizations/{org}/sso-connections/{sso} change_sso_connection
        POST /v1/organizations/{org}/sso-connections/{sso}/check check_sso_connection
        DELETE /v1/organizations/{org}/sso-connections/{sso}/sign-in-links delete_sign_in_link
        DELETE /v1/organizations/{org}/users/{user}/role take_role
        PUT /v1/organizations/{org}/users/{user}/role give_role
        GET /v1/organizations/{org}/users/{user}/role-explanation explain_role
        GET /v1/sign-in-routes find_sign_in_route
        GET /v1/webhook-endpoints list_webhook_endpoints
        POST /v1/webhook-endpoints create_webhook_endpoint
        DELETE /v1/webhook-endpoints/{whe} delete_webhook_endpoint
        GET /v1/webhook-endpoints/{whe} get_webhook_endpoint
        PATCH /v1/webhook-endpoints/{whe} change_webhook_endpoint
        GET /v1/webhook-endpoints/{whe}/deliveries list_webhook_deliveries
        GET /v1/webhook-endpoints/{whe}/deliveries/{whd} get_webhook_delivery
        POST /v1/webhook-endpoints/{whe}/deliveries/{whd}/redeliver redeliver_webhook
        POST /v1/webhook-endpoints/{whe}/replay replay_to_webhook
        POST /v1/webhook-endpoints/{whe}/rotate-secret rotate_webhook_secret
        POST /v1/webhook-endpoints/{whe}/test test_webhook_endpoint
        ");
    }

    #[test]
    fn every_post_takes_an_idempotency_key() {
        for (path, item) in document().paths.paths {
            let Some(post) = item.post else { continue };
            if path == reconcile::PATTERN {
                continue;
            }
            let parameters = post.parameters.unwrap_or_default();
            let found = parameters
                .iter()
                .any(|it| matches!(it, RefOr::T(header) if header.name == idempotency::HEADER));
            assert!(found, "{path}");
        }
    }

    #[test]
    fn every_parameter_is_described() {
        for (path, mut item) in document().paths.paths {
            for (_, operation) in operations_mut(&mut item) {
                for parameter in operation.parameters.iter().flatten() {
                    let described = matches!(parameter, RefOr::T(it) if it.description.is_some());
                    assert!(described, "{path}");
                }
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = openapi_document();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        for part in text.split("\"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
