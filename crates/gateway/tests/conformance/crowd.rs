//! Many users at once. They are put into the store, because as many requests would take longer than
//! the test.

use rollcall_model::{OrgRef, RequestId, ScimConnectionId};
use rollcall_scim::{Catalog, Resource};
use rollcall_store::ConnectionHandle;
use rollcall_testkit::{Client, Connection, Reply, TestApp};
use serde_json::{Value, json};

/// The users and groups of a tenant.
pub(crate) async fn open(app: &TestApp, tenant: &Connection) -> ConnectionHandle {
    let store = &app.state().store;
    let organization = OrgRef::Id(tenant.organization.parse().unwrap());
    let connection: ScimConnectionId = tenant.id.parse().unwrap();
    let organization = store.open_organization(&organization).await.unwrap();
    let handle = organization.unwrap().open_connection(connection).await;
    handle.unwrap().unwrap()
}

/// Adds users, a millisecond apart, and gives their ids.
pub(crate) async fn add(
    app: &TestApp,
    tenant: &Connection,
    users: impl IntoIterator<Item = Value>,
) -> Vec<String> {
    let handle = open(app, tenant).await;
    let request = RequestId::new(app.clock.as_ref());
    let mut tx = handle.begin(request).await.unwrap();
    let mut ids = Vec::new();
    for user in users {
        app.clock.advance_millis(1);
        let user = Resource::parse(Catalog::core().user(), user).unwrap();
        ids.push(tx.insert_user(user.resource).await.unwrap().id.to_scim());
    }
    tx.commit().await.unwrap();
    ids
}

/// So many users, named by their numbers.
pub(crate) fn numbered(count: usize) -> impl Iterator<Item = Value> {
    (0..count).map(|number| json!({ "userName": format!("user-{number:05}") }))
}

/// The ids of a list, in its order.
pub(crate) fn ids(list: &Reply) -> Vec<String> {
    let resources = list.body["Resources"].as_array().unwrap();
    resources
        .iter()
        .map(|resource| resource["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The pages of a walk by cursor: a path with its query, without the cursor.
pub(crate) async fn walk(scim: &Client, path: &str) -> Vec<Reply> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = scim
            .get(&format!("{path}&cursor={cursor}"))
            .await
            .expect(200);
        let next = page.body.get("nextCursor").cloned();
        pages.push(page);
        match next {
            Some(next) => next.as_str().unwrap().clone_into(&mut cursor),
            None => return pages,
        }
    }
}
