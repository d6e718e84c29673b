//! The people and groups that the rows of the matrix speak of, fresh for each test.

use rollcall_testkit::{Client, Connection, Reply, TestApp, TestDatabase};
use serde_json::{Value, json};

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// `X`: an extension that has every characteristic the core schemas lack.
pub(crate) const PROBE: &str = "urn:example:scim:schemas:extension:probe:2.0:User";
pub(crate) const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub(crate) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
pub(crate) const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A gateway with one tenant, and the matrix's people and groups in it.
pub(crate) struct Fixture {
    pub(crate) app: TestApp,
    pub(crate) tenant: Connection,
    /// The id of bjensen, who has everything.
    pub(crate) u1: String,
    /// The id of jsmith, who is inactive.
    pub(crate) u2: String,
    /// The id of Zoe, who has a name only.
    pub(crate) u3: String,
    /// The id of "Tour Guides", whose member is bjensen.
    pub(crate) g1: String,
    /// The id of "Empty".
    pub(crate) g2: String,
}

impl Fixture {
    pub(crate) async fn start(database: TestDatabase) -> Self {
        Self::on(TestApp::start(database).await).await
    }

    /// With the schema `X` added to the connection, and `ssn` marked as sensitive.
    pub(crate) async fn start_with_probe(database: TestDatabase) -> Self {
        let f = Self::start(database).await;
        f.add_schema(probe_schema()).await;
        let ssn = format!("{PROBE}:ssn");
        f.choose(json!({ "sensitive_attributes": [ssn] })).await;
        f
    }

    /// Adds a schema to the connection.
    pub(crate) async fn add_schema(&self, schema: Value) {
        let path = format!("{}/schemas", self.tenant.path());
        let _ = self.app.api.post(&path, schema).await.expect(201);
    }

    /// Creates a user with attributes of `X` and gives its id.
    pub(crate) async fn probe_user(&self, name: &str, attributes: Value) -> String {
        create(self.scim(), "/Users", probe_user(name, attributes)).await
    }

    /// The same people on a gateway with settings of its own.
    pub(crate) async fn on(app: TestApp) -> Self {
        let tenant = app.connect("T1").await;
        let scim = &tenant.scim;
        let u1 = create(scim, "/Users", bjensen()).await;
        // A millisecond apart, so that lists have them in this order.
        app.clock.advance_millis(1);
        let u2 = create(scim, "/Users", jsmith()).await;
        app.clock.advance_millis(1);
        let u3 = create(
            scim,
            "/Users",
            json!({ "schemas": [USER], "userName": "Zoe" }),
        )
        .await;
        let guides = json!({
            "schemas": [GROUP], "displayName": "Tour Guides", "members": [{ "value": u1 }] });
        let g1 = create(scim, "/Groups", guides).await;
        app.clock.advance_millis(1);
        let empty = json!({ "schemas": [GROUP], "displayName": "Empty" });
        let g2 = create(scim, "/Groups", empty).await;
        Self {
            app,
            tenant,
            u1,
            u2,
            u3,
            g1,
            g2,
        }
    }

    pub(crate) fn scim(&self) -> &Client {
        &self.tenant.scim
    }

    /// Changes settings of the connection.
    pub(crate) async fn choose(&self, settings: Value) {
        let change = json!({ "settings": settings });
        let _ = self
            .app
            .api
            .patch(&self.tenant.path(), change)
            .await
            .expect(200);
    }

    /// A user as a GET shows it.
    pub(crate) async fn user(&self, id: &str) -> Value {
        self.scim()
            .get(&format!("/Users/{id}"))
            .await
            .expect(200)
            .body
    }

    /// A group as a GET shows it.
    pub(crate) async fn group(&self, id: &str) -> Value {
        self.scim()
            .get(&format!("/Groups/{id}"))
            .await
            .expect(200)
            .body
    }

    /// Users that match a filter, which is given as a person writes it.
    pub(crate) async fn users_where(&self, filter: &str) -> Reply {
        self.scim()
            .get(&format!("/Users?{}", query(&[("filter", filter)])))
            .await
    }

    /// The `userName`s of those that match a filter, in the order of the answer.
    pub(crate) async fn names_where(&self, filter: &str) -> Vec<String> {
        let reply = self.users_where(filter).await.expect(200);
        user_names(&reply)
    }

    /// Sends operations to a user.
    pub(crate) async fn patch_user(&self, id: &str, operations: Value) -> Reply {
        self.scim()
            .patch(&format!("/Users/{id}"), patch(operations))
            .await
    }

    /// Sends operations to a group.
    pub(crate) async fn patch_group(&self, id: &str, operations: Value) -> Reply {
        self.scim()
            .patch(&format!("/Groups/{id}"), patch(operations))
            .await
    }
}

/// `U1`, as it is sent.
pub(crate) fn bjensen() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "bjensen",
        "externalId": "E-701984",
        "name": { "givenName": "Barbara", "familyName": "Jensen" },
        "displayName": "Babs Jensen",
        "title": "Tour Guide",
        "userType": "Employee",
        "active": true,
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home" },
        ],
        ENTERPRISE: { "employeeNumber": "701984", "department": "Tour Operations" },
    })
}

/// A user with attributes of `X`, as it is sent.
pub(crate) fn probe_user(name: &str, attributes: Value) -> Value {
    json!({ "schemas": [USER, PROBE], "userName": name, PROBE: attributes })
}

/// `X`, as the management API takes it.
pub(crate) fn probe_schema() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": PROBE,
        "name": "Probe",
        "attributes": [
            { "name": "immStr", "mutability": "immutable" },
            { "name": "roStr", "mutability": "readOnly" },
            { "name": "woStr", "mutability": "writeOnly", "returned": "never" },
            { "name": "neverStr", "returned": "never" },
            { "name": "reqRet", "returned": "request" },
            { "name": "alwaysRet", "returned": "always" },
            { "name": "exactStr", "caseExact": true },
            { "name": "uniqStr", "uniqueness": "server" },
            { "name": "intAttr", "type": "integer" },
            { "name": "decAttr", "type": "decimal" },
            { "name": "boolAttr", "type": "boolean" },
            { "name": "dateAttr", "type": "dateTime" },
            { "name": "binAttr", "type": "binary" },
            { "name": "refAttr", "type": "reference", "caseExact": true, "referenceTypes": ["external"] },
            { "name": "tags", "multiValued": true },
            { "name": "ssn" },
        ],
    })
}

fn jsmith() -> Value {
    json!({
        "schemas": [USER],
        "userName": "jsmith",
        "displayName": "John Smith",
        "name": { "givenName": "John", "familyName": "Smith" },
        "active": false,
    })
}

/// Creates a resource and gives its id.
pub(crate) async fn create(scim: &Client, path: &str, body: Value) -> String {
    scim.post(path, body).await.expect(201).text("/id")
}

/// A PATCH body of these operations.
pub(crate) fn patch(operations: Value) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": operations })
}

/// A query string of these parameters, encoded.
pub(crate) fn query(parameters: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish()
}

/// The `userName`s of a list, in its order.
pub(crate) fn user_names(list: &Reply) -> Vec<String> {
    let resources = list.body["Resources"].as_array().unwrap();
    resources
        .iter()
        .map(|resource| resource["userName"].as_str().unwrap().to_owned())
        .collect()
}

/// `L(n)`: a list response of `total` results.
#[track_caller]
pub(crate) fn expect_list(reply: &Reply, total: u64) {
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.body["schemas"], json!([LIST_RESPONSE]));
    assert_eq!(reply.body["totalResults"], json!(total), "{}", reply.body);
}

/// `E(status, type)`: a whole SCIM error. An empty `scim_type` means that there must be none.
#[track_caller]
pub(crate) fn expect_error(reply: &Reply, status: u16, scim_type: &str) {
    assert_eq!(reply.status, status, "{}", reply.body);
    let media_type = reply.header("content-type");
    assert!(
        media_type.starts_with("application/scim+json"),
        "{media_type}"
    );
    assert_eq!(reply.body["schemas"], json!([ERROR]));
    assert_eq!(reply.body["status"], json!(status.to_string()));
    let found = reply.body["scimType"].as_str().unwrap_or_default();
    assert_eq!(found, scim_type, "{}", reply.body);
    assert!(!reply.body["detail"].as_str().unwrap_or_default().is_empty());
}
