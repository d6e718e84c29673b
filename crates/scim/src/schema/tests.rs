use serde_json::{Value, json};

use super::*;
use crate::attr::AttrPath;

fn resolve<'a>(kind: &'a ResourceType, text: &str) -> Option<Resolved<'a>> {
    kind.resolve(&AttrPath::parse(text, &kind.urns()).unwrap())
}

fn attribute<'a>(kind: &'a ResourceType, text: &str) -> &'a Attribute {
    let found = resolve(kind, text).unwrap();
    found.sub.or(found.attribute).unwrap()
}

#[test]
fn users_have_the_enterprise_extension_and_groups_have_none() {
    let catalog = Catalog::core();
    assert_eq!(catalog.user().urns(), [USER_URN, ENTERPRISE_USER_URN]);
    assert_eq!(catalog.group().urns(), [GROUP_URN]);
    assert_eq!(catalog.user().endpoint, "/Users");
    assert_eq!(catalog.group().endpoint, "/Groups");
}

#[test]
fn every_schema_of_the_discovery_documents_can_be_read_as_a_schema() {
    let catalog = Catalog::core();
    let names: Vec<&str> = catalog
        .schemas()
        .iter()
        .map(|schema| schema.name.as_str())
        .collect();
    insta::assert_snapshot!(names.join(", "), @"User, Group, EnterpriseUser, ServiceProviderConfig, ResourceType, Schema");
}

#[test]
fn names_are_found_in_any_case_and_keep_their_canonical_spelling() {
    let catalog = Catalog::core();
    assert_eq!(attribute(catalog.user(), "USERNAME").name, "userName");
    assert_eq!(
        attribute(catalog.user(), "Name.GIVENname").name,
        "givenName"
    );
    let qualified = "URN:ietf:params:scim:schemas:core:2.0:user:userName";
    assert_eq!(attribute(catalog.user(), qualified).name, "userName");
}

#[test]
fn common_attributes_belong_to_every_type() {
    let catalog = Catalog::core();
    for kind in catalog.resource_types() {
        for name in ["id", "externalId", "schemas", "meta.lastModified"] {
            assert!(resolve(kind, name).is_some(), "{name}");
        }
    }
}

#[test]
fn a_bare_name_that_only_the_extension_defines_is_found_there() {
    let catalog = Catalog::core();
    let found = resolve(catalog.user(), "manager.value").unwrap();
    assert_eq!(found.extension.unwrap().id, ENTERPRISE_USER_URN);
    assert_eq!(found.sub.unwrap().name, "value");
}

#[test]
fn a_urn_alone_is_the_extension() {
    let catalog = Catalog::core();
    let found = resolve(catalog.user(), ENTERPRISE_USER_URN).unwrap();
    assert_eq!(found.extension.unwrap().id, ENTERPRISE_USER_URN);
    assert_eq!(found.attribute, None);
    assert_eq!(resolve(catalog.user(), USER_URN), None);
}

#[test]
fn what_no_schema_defines_is_not_found() {
    let catalog = Catalog::core();
    for text in [
        "tea",
        "userName.value",
        "name.tea",
        "urn:example:User:badge",
        "manager.tea",
    ] {
        assert_eq!(resolve(catalog.user(), text), None, "{text}");
    }
    assert_eq!(resolve(catalog.group(), "manager"), None);
}

#[test]
fn ids_and_references_are_case_exact_and_login_names_are_not() {
    let catalog = Catalog::core();
    let user = catalog.user();
    for name in [
        "id",
        "externalId",
        "groups.value",
        "manager.value",
        "profileUrl",
    ] {
        assert!(attribute(user, name).case_exact, "{name}");
    }
    assert!(attribute(catalog.group(), "members.value").case_exact);
    for name in ["userName", "emails.value", "displayName"] {
        assert!(!attribute(user, name).case_exact, "{name}");
    }
}

#[test]
fn only_user_name_and_the_display_name_of_groups_are_required() {
    let catalog = Catalog::core();
    let required = |kind: &ResourceType| {
        let attributes = kind
            .schema
            .attributes
            .iter()
            .filter(|attribute| attribute.required);
        attributes
            .map(|attribute| attribute.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(required(catalog.user()), ["userName"]);
    assert_eq!(required(catalog.group()), ["displayName"]);
    assert_eq!(
        attribute(catalog.user(), "userName").uniqueness,
        Uniqueness::Server
    );
}

#[test]
fn a_password_is_never_shown_and_groups_are_never_written() {
    let catalog = Catalog::core();
    let password = attribute(catalog.user(), "password");
    assert_eq!(
        (password.returned, password.mutability),
        (Returned::Never, Mutability::WriteOnly)
    );
    assert!(!password.is_kept());
    assert!(attribute(catalog.user(), "groups").is_read_only());
}

#[test]
fn no_sub_attribute_is_complex() {
    for schema in Catalog::core().schemas() {
        // The schema of schemas nests by nature (RFC 7643 §7).
        if schema.name == "Schema" {
            continue;
        }
        for sub in schema
            .attributes
            .iter()
            .flat_map(|attribute| &attribute.sub_attributes)
        {
            assert!(sub.is_simple(), "{}: {}", schema.id, sub.name);
        }
    }
}

#[test]
fn schemas_are_served_with_absolute_locations() {
    let document = Catalog::core()
        .schema_document(GROUP_URN, "https://scim.example/v2/")
        .unwrap();
    assert_eq!(
        document["meta"],
        json!({
            "resourceType": "Schema",
            "location": "https://scim.example/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group",
        })
    );
    let list = Catalog::core().schemas_document("https://scim.example/v2");
    assert_eq!(list["totalResults"], 6);
    assert_eq!(list["Resources"][1], document);
}

#[test]
fn resource_types_are_served_one_by_one_and_as_a_list() {
    let catalog = Catalog::core();
    let user = catalog
        .resource_type_document("User", "https://scim.example/v2")
        .unwrap();
    insta::assert_snapshot!(user, @r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],"id":"User","name":"User","description":"Account of a person.","endpoint":"/Users","schema":"urn:ietf:params:scim:schemas:core:2.0:User","schemaExtensions":[{"schema":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","required":false}],"meta":{"resourceType":"ResourceType","location":"https://scim.example/v2/ResourceTypes/User"}}"#);
    let list = catalog.resource_types_document("https://scim.example/v2");
    assert_eq!(list["Resources"][0], user);
    assert_eq!(
        catalog.resource_type_document("Robot", "https://scim.example/v2"),
        None
    );
    assert_eq!(
        catalog.schema_document("urn:example:Robot", "https://scim.example/v2"),
        None
    );
}

const ALL: ServiceFeatures = ServiceFeatures {
    patch: true,
    bulk: true,
    filter: true,
    sort: true,
    etag: true,
};

#[test]
fn the_service_provider_config_promises_what_is_served() {
    let limits = ServiceLimits {
        max_results: 200,
        default_results: 100,
        cursor_timeout_seconds: 3_600,
        max_bulk_operations: 1_000,
        max_bulk_payload_bytes: 1_048_576,
    };
    let config = service_provider_config("https://scim.example/v2", &limits, ALL);
    insta::assert_json_snapshot!(config, @r#"
    {
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
      ],
      "patch": {
        "supported": true
      },
      "bulk": {
        "supported": true,
        "maxOperations": 1000,
        "maxPayloadSize": 1048576
      },
      "filter": {
        "supported": true,
        "maxResults": 200
      },
      "changePassword": {
        "supported": false
      },
      "sort": {
        "supported": true
      },
      "etag": {
        "supported": true
      },
      "pagination": {
        "cursor": true,
        "index": true,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 200,
        "cursorTimeout": 3600
      },
      "authenticationSchemes": [
        {
          "type": "oauthbearertoken",
          "name": "Bearer token",
          "description": "A SCIM token of this connection in the Authorization header.",
          "specUri": "https://www.rfc-editor.org/info/rfc6750",
          "primary": true
        },
        {
          "type": "oauth2",
          "name": "OAuth 2.0 client credentials",
          "description": "An access token that an OAuth client of this connection was given, in the Authorization header.",
          "specUri": "https://www.rfc-editor.org/info/rfc6749"
        }
      ],
      "meta": {
        "resourceType": "ServiceProviderConfig",
        "location": "https://scim.example/v2/ServiceProviderConfig"
      }
    }
    "#);
}

#[test]
fn the_service_provider_config_holds_what_its_schema_requires() {
    let limits = ServiceLimits {
        max_results: 1,
        default_results: 1,
        cursor_timeout_seconds: 1,
        max_bulk_operations: 1,
        max_bulk_payload_bytes: 1,
    };
    let config = service_provider_config("https://scim.example", &limits, ALL);
    let catalog = Catalog::core();
    let schema = catalog
        .schemas()
        .iter()
        .find(|schema| schema.name == "ServiceProviderConfig");
    for attribute in schema
        .unwrap()
        .attributes
        .iter()
        .filter(|attribute| attribute.required)
    {
        let value = &config[&attribute.name];
        let value = value.as_array().map_or(value, |elements| &elements[0]);
        assert_ne!(value, &Value::Null, "{}", attribute.name);
        for sub in attribute.sub_attributes.iter().filter(|sub| sub.required) {
            assert_ne!(
                value[&sub.name],
                Value::Null,
                "{}.{}",
                attribute.name,
                sub.name
            );
        }
    }
}
