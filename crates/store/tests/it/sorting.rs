//! Random people in every order: the database sorts as memory does, on pages of every kind.

use proptest::test_runner::TestRunner;
use rollcall_scim::{Catalog, Sort, caseless};
use rollcall_store::{ConnectionHandle, DirectoryQuery, Found, Position, StoreError, User};
use rollcall_testkit::on_each_database;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::filters::{PEOPLE, populate};
use crate::fixture::{Fixture, filter, resource};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const EVERYBODY: DirectoryQuery = DirectoryQuery {
    filter: None,
    sort: None,
    after: None,
    offset: 0,
    limit: 1_000,
};

/// What memory sorts by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
}

fn exact(value: &Value) -> Option<Key> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    Some(Key::Text(text.to_owned()))
}

fn folded(value: &Value) -> Option<Key> {
    value
        .as_str()
        .and_then(|text| exact(&Value::from(caseless(text))))
}

/// The primary address of a user, else the first.
fn address(user: &User) -> Value {
    let Some(addresses) = user.resource.attributes().get("emails") else {
        return Value::Null;
    };
    let addresses = addresses.as_array().unwrap();
    let primary = addresses.iter().find(|address| address["primary"] == true);
    primary.unwrap_or(&addresses[0]).clone()
}

fn attribute(user: &User, name: &str) -> Value {
    user.resource
        .attributes()
        .get(name)
        .cloned()
        .unwrap_or_default()
}

/// What a user is sorted by, written down once more and apart from the server.
fn key(user: &User, by: &str) -> Option<Key> {
    match by {
        "userName" | "displayName" | "title" => folded(&attribute(user, by)),
        "externalId" => exact(&attribute(user, by)),
        "active" => attribute(user, by)
            .as_bool()
            .map(|active| Key::Number(active.into())),
        "name.givenName" => folded(&attribute(user, "name")["givenName"]),
        "name.familyName" => None,
        "emails.value" => folded(&address(user)["value"]),
        "emails.type" => folded(&address(user)["type"]),
        "emails.primary" => address(user)["primary"]
            .as_bool()
            .map(|it| Key::Number(it.into())),
        "id" => Some(Key::Text(user.id.to_scim())),
        "meta.created" => Some(Key::Number(user.created_at.unix_micros())),
        "meta.lastModified" => Some(Key::Number(user.updated_at.unix_micros())),
        "meta.version" => Some(Key::Text(format!("W/\"{}\"", user.version))),
        "meta.resourceType" | "schemas" => Some(Key::Number(0)),
        _ if by.ends_with(":department") => folded(&attribute(user, ENTERPRISE)["department"]),
        _ => exact(&attribute(user, ENTERPRISE)["manager"]["value"]),
    }
}

fn in_memory(users: &[User], by: &str, descending: bool) -> Vec<User> {
    let mut sorted = users.to_vec();
    sorted.sort_by(|left, right| {
        let (left, right) = (key(left, by), key(right, by));
        let order = right.is_some().cmp(&left.is_some()).then(left.cmp(&right));
        if descending { order.reverse() } else { order }
    });
    sorted
}

fn sort(by: &str, descending: bool) -> Option<Sort> {
    let order = if descending {
        "descending"
    } else {
        "ascending"
    };
    Sort::parse(Catalog::core().user(), Some(by), Some(order)).unwrap()
}

/// All pages, each begun by its number.
async fn by_number(handle: &ConnectionHandle, query: &DirectoryQuery) -> Vec<User> {
    let mut found = Vec::new();
    loop {
        let offset = found.len() as u64;
        let page = DirectoryQuery {
            offset,
            limit: 7,
            ..query.clone()
        };
        let page = handle.search_users(&page).await.unwrap().items;
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

/// All pages, each begun after the last one.
async fn by_position(handle: &ConnectionHandle, query: &DirectoryQuery) -> Vec<User> {
    let mut found = Vec::new();
    let mut after: Option<Position> = None;
    loop {
        let page = DirectoryQuery {
            after: after.clone(),
            limit: 7,
            ..query.clone()
        };
        let page = handle.search_users(&page).await.unwrap();
        assert_eq!(page.positions.len(), page.items.len());
        let Some(last) = page.positions.last() else {
            return found;
        };
        after = Some(last.clone());
        found.extend(page.items);
    }
}

fn ids(users: &[User]) -> Vec<String> {
    users.iter().map(|user| user.id.to_scim()).collect()
}

on_each_database! {
    async fn the_database_and_memory_put_people_into_the_same_order(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let org = fixture.organization("Acme").await;
        let handle = fixture.connection(&org, 1).await;
        populate(&fixture, &handle, &mut TestRunner::deterministic()).await;
        let everybody = handle.search_users(&EVERYBODY).await.unwrap().items;
        assert_eq!(everybody.len(), PEOPLE);
        let only_active = filter("active eq true or title pr");
        let active = DirectoryQuery { filter: Some(only_active), ..EVERYBODY };
        let some = handle.search_users(&active).await.unwrap().items;
        assert!(!some.is_empty() && some.len() < PEOPLE);

        let department = format!("{ENTERPRISE}:department");
        let manager = format!("{ENTERPRISE}:manager.value");
        let names = [
            "userName", "displayName", "title", "externalId", "active", "name.givenName",
            "name.familyName", "emails.value", "emails.type", "emails.primary", "id",
            "meta.created", "meta.lastModified", "meta.version", "meta.resourceType", "schemas",
            &department, &manager,
        ];
        for by in names {
            for descending in [false, true] {
                let what = format!("{by}, descending {descending}");
                let query = DirectoryQuery { sort: sort(by, descending), ..EVERYBODY };
                let expected = ids(&in_memory(&everybody, by, descending));
                let whole = handle.search_users(&query).await.unwrap();
                assert_eq!(ids(&whole.items), expected, "{what}");
                assert_eq!(whole.total, PEOPLE as u64);
                assert_eq!(ids(&by_number(&handle, &query).await), expected, "{what}, by number");
                assert_eq!(ids(&by_position(&handle, &query).await), expected, "{what}, by position");
                let filtered = DirectoryQuery { filter: active.filter.clone(), ..query };
                let expected = ids(&in_memory(&some, by, descending));
                assert_eq!(ids(&by_position(&handle, &filtered).await), expected, "{what}, some");
                assert_eq!(ids(&by_number(&handle, &filtered).await), expected, "{what}, some");
            }
        }
    }

    async fn users_and_groups_are_sorted_as_one_list(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let org = fixture.organization("Acme").await;
        let handle = fixture.connection(&org, 1).await;
        populate(&fixture, &handle, &mut TestRunner::deterministic()).await;
        let catalog = Catalog::core();
        for by in ["displayName", "userName", "externalId", "id", "meta.created", "meta.resourceType", "title"] {
            for order in ["ascending", "descending"] {
                let of = |kind| Sort::parse(kind, Some(by), Some(order)).unwrap_or_default();
                let users = DirectoryQuery { sort: of(catalog.user()), ..EVERYBODY };
                let groups = DirectoryQuery { sort: of(catalog.group()), ..EVERYBODY };
                let whole = handle.search_all(Some(&users), Some(&groups)).await.unwrap();
                let expected = expected_of_all(&handle, by, order == "descending").await;
                let found: Vec<String> = whole.items.iter().map(name_of).collect();
                assert_eq!(found, expected, "{by} {order}");
                assert_eq!(whole.total, expected.len() as u64);

                let (mut walked, mut numbered) = (Vec::new(), Vec::new());
                let mut after = None;
                while numbered.len() < expected.len() {
                    let page = |query: &DirectoryQuery, offset: usize, after: &Option<Position>| DirectoryQuery {
                        offset: offset as u64, limit: 7, after: after.clone(), ..query.clone()
                    };
                    let place = numbered.len();
                    let (of_users, of_groups) = (page(&users, place, &None), page(&groups, place, &None));
                    let numbers = handle.search_all(Some(&of_users), Some(&of_groups)).await.unwrap();
                    assert!(!numbers.items.is_empty());
                    numbered.extend(numbers.items.iter().map(name_of));
                    let (of_users, of_groups) = (page(&users, 0, &after), page(&groups, 0, &after));
                    let walk = handle.search_all(Some(&of_users), Some(&of_groups)).await.unwrap();
                    walked.extend(walk.items.iter().map(name_of));
                    after = walk.positions.last().cloned();
                }
                assert_eq!(numbered, expected, "{by} {order}, by number");
                assert_eq!(walked, expected, "{by} {order}, by position");
            }
        }
    }

    async fn indexed_columns_are_in_the_order_of_code_points_whatever_the_locale_is(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let org = fixture.organization("Acme").await;
        let handle = fixture.connection(&org, 1).await;
        let mut tx = handle.begin(fixture.request()).await.unwrap();
        for name in ["ärmel", "zoe", "a_b", "ab"] {
            let body = json!({ "userName": name, "displayName": name, "externalId": name });
            tx.insert_user(resource(body)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let raw = database.raw().await;
        for column in ["user_name_key", "display_name_key", "external_id"] {
            let sql = format!("select {column} as name from users order by {column}");
            let statement = Statement::from_string(raw.get_database_backend(), sql);
            let rows = raw.query_all_raw(statement).await.unwrap();
            let names: Vec<String> = rows.iter().map(|row| row.try_get("", "name").unwrap()).collect();
            assert_eq!(names, ["a_b", "ab", "zoe", "ärmel"], "{column}");
        }
        raw.close().await.unwrap();
    }

    async fn what_is_made_for_an_answer_cannot_be_sorted_by(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let org = fixture.organization("Acme").await;
        let handle = fixture.connection(&org, 1).await;
        for by in ["meta.location", "groups.value", "groups.display"] {
            let query = DirectoryQuery { sort: sort(by, false), ..EVERYBODY };
            let refused = handle.search_users(&query).await;
            assert!(matches!(refused, Err(StoreError::Filter(_))), "{by}");
        }
    }
}

/// A name that tells users and groups apart.
fn name_of(found: &Found) -> String {
    match found {
        Found::User(user) => format!("user {}", user.id.to_scim()),
        Found::Group(group) => format!("group {}", group.id.to_scim()),
    }
}

async fn expected_of_all(handle: &ConnectionHandle, by: &str, descending: bool) -> Vec<String> {
    let users = handle.search_users(&EVERYBODY).await.unwrap().items;
    let groups = handle.search_groups(&EVERYBODY).await.unwrap().items;
    let mut all: Vec<(Option<Key>, String)> = Vec::new();
    for user in &users {
        let key = match by {
            "meta.resourceType" => Some(Key::Text("User".to_owned())),
            _ => key(user, by),
        };
        all.push((key, format!("user {}", user.id.to_scim())));
    }
    for group in &groups {
        let key = match by {
            "meta.resourceType" => Some(Key::Text("Group".to_owned())),
            "id" => Some(Key::Text(group.id.to_scim())),
            "meta.created" => Some(Key::Number(group.created_at.unix_micros())),
            "displayName" => folded(&Value::from(group.resource.display_name().unwrap())),
            _ => None,
        };
        all.push((key, format!("group {}", group.id.to_scim())));
    }
    all.sort_by(|(left, _), (right, _)| {
        let order = right.is_some().cmp(&left.is_some()).then(left.cmp(right));
        if descending { order.reverse() } else { order }
    });
    all.into_iter().map(|(_, name)| name).collect()
}
