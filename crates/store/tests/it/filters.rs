//! Random filters on random people: the database answers as the evaluator in memory does.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rollcall_scim::filter::{self, CheckedFilter};
use rollcall_scim::{Catalog, Meta, Resource, ResourceType, render};
use rollcall_store::{ConnectionHandle, DirectoryQuery, NamedMember, StoreError};
use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{Fixture, as_members, resource};

pub(crate) const PEOPLE: usize = 40;
const FILTERS: usize = 400;
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Few different words, so that filters find something; with case, accents, wildcards of LIKE,
/// quotes and the empty text.
fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "amy",
        "Amy",
        "AMY ADAMS",
        "bob",
        "é",
        "É",
        "e\u{301}",
        "a_b",
        "a%b",
        "it's",
        "z",
        "ß",
        "",
        "Work",
        "10",
        "日本",
    ])
    .prop_map(str::to_owned)
}

fn person(number: usize) -> impl Strategy<Value = Value> {
    let emails = prop::collection::vec((word(), word(), any::<bool>()), 0..3);
    (
        word(),
        prop::option::of(word()),
        prop::option::of(any::<bool>()),
        emails,
        prop::option::of(word()),
        prop::option::of(word()),
        prop::option::of(word()),
    )
        .prop_map(move |(name, title, active, emails, given, external, department)| {
            let chosen = emails.iter().position(|(_, _, primary)| *primary);
            let emails: Vec<_> = emails
                .into_iter()
                .enumerate()
                .map(|(place, (value, kind, _))| {
                    json!({ "value": format!("{value}@x"), "type": kind, "primary": Some(place) == chosen })
                })
                .collect();
            json!({
                "userName": format!("{name}{number}"),
                "displayName": name,
                "title": title,
                "active": active,
                "emails": emails,
                "name": { "givenName": given },
                "externalId": external,
                ENTERPRISE: { "department": department, "manager": { "value": "Boss-1" } },
            })
        })
}

/// One comparison, as a client writes it.
fn comparison() -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec![
        "userName",
        "displayName",
        "title",
        "externalId",
        "name.givenName",
        "emails.value",
        "emails.type",
        "emails",
        "id",
        "meta.resourceType",
        "meta.version",
        "schemas",
        "groups.value",
        "groups.display",
        "groups.type",
        "groups",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
    ]);
    let operator = prop::sample::select(vec!["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
    let quoted = word().prop_map(|word| serde_json::to_string(&word).unwrap());
    let presence = prop::sample::select(vec![
        "title pr",
        "name pr",
        "name.givenName pr",
        "emails pr",
        "emails.type pr",
        "active pr",
        "externalId pr",
        "groups pr",
        "groups.display pr",
        "id pr",
        "meta pr",
        "schemas pr",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department pr",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        "title eq null",
        "emails.type ne null",
        "active eq true",
        "active ne true",
        "active eq false",
        "emails.primary eq true",
        "emails.primary ne true",
        "meta.lastModified ge \"2020-01-01T00:00:00Z\"",
        "meta.created lt \"2023-11-14T22:13:20.001Z\"",
        "meta.created gt \"2023-11-14T22:13:20Z\"",
    ]);
    let element = (word(), word(), operator.clone()).prop_map(|(value, kind, operator)| {
        let (value, kind) = (json!(format!("{value}@x")), json!(kind));
        format!("emails[type {operator} {kind} and not (value eq {value})]")
    });
    prop_oneof![
        4 => (text, operator, quoted).prop_map(|(name, operator, word)| format!("{name} {operator} {word}")),
        2 => presence.prop_map(str::to_owned),
        1 => element,
        1 => (word(), prop_oneof!["direct", "indirect"]).prop_map(|(word, kind)| {
            format!("groups[display co {} and type eq \"{kind}\"]", json!(word))
        }),
    ]
}

fn any_filter() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone())
                .prop_map(|(left, right)| format!("({left}) and ({right})")),
            (inner.clone(), inner.clone())
                .prop_map(|(left, right)| format!("({left}) or ({right})")),
            inner.prop_map(|inner| format!("not ({inner})")),
        ]
    })
}

fn checked(kind: &ResourceType, text: &str) -> CheckedFilter {
    filter::check(kind, filter::parse(text, kind).unwrap()).unwrap()
}

/// Every user as an answer shows it.
async fn answers(handle: &ConnectionHandle, kind: &ResourceType) -> Vec<(String, Value)> {
    let everybody = DirectoryQuery {
        limit: 1_000,
        ..DirectoryQuery::default()
    };
    let users = handle.search_users(&everybody).await.unwrap().items;
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let groups = handle.groups_of(&ids).await.unwrap();
    users
        .iter()
        .map(|user| {
            let meta = Meta {
                resource_type: "User".to_owned(),
                created: user.created_at.to_string(),
                last_modified: user.updated_at.to_string(),
                version: Some(format!("W/\"{}\"", user.version)),
                location: "https://scim.example.com".to_owned(),
            };
            let shown = groups.get(&user.id).map(Vec::as_slice).unwrap_or_default();
            let shown = shown
                .iter()
                .map(|group| {
                    json!({ "value": group.id.to_scim(), "display": group.display_name,
                        "type": if group.direct { "direct" } else { "indirect" } })
                })
                .collect();
            let id = user.id.to_scim();
            let answer = render(kind, &user.resource, &id, meta, vec![("groups", shown)]);
            (id, answer)
        })
        .collect()
}

/// Pushes random people and a few groups that hold some of them.
pub(crate) async fn populate(
    fixture: &Fixture,
    handle: &ConnectionHandle,
    runner: &mut TestRunner,
) {
    let mut tx = handle.begin(fixture.request()).await.unwrap();
    let mut ids = Vec::new();
    for number in 0..PEOPLE {
        fixture.clock.advance_millis(1);
        let body = person(number).new_tree(runner).unwrap().current();
        ids.push(tx.insert_user(resource(body)).await.unwrap().id);
    }
    // Each holds some people and the group before it, so that people are in groups directly and
    // through others.
    let mut inner = None;
    for (number, name) in ["Amy", "a_b", "É", "Work"].into_iter().enumerate() {
        let body = json!({ "displayName": name });
        let group = Resource::parse(Catalog::core().group(), body)
            .unwrap()
            .resource;
        let members: Vec<_> = ids
            .iter()
            .copied()
            .skip(number)
            .step_by(number + 2)
            .collect();
        let mut members = as_members(&members);
        members.extend(inner.map(NamedMember::of));
        let group = tx.insert_group(group, &members).await.unwrap().group;
        inner = Some(group.id.to_scim());
    }
    tx.commit().await.unwrap();
}

on_each_database! {
    async fn the_database_and_memory_find_the_same_people(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let org = fixture.organization("Acme").await;
        let handle = fixture.connection(&org, 1).await;
        let catalog = Catalog::core();
        let mut runner = TestRunner::deterministic();
        populate(&fixture, &handle, &mut runner).await;
        let people = answers(&handle, catalog.user()).await;
        assert_eq!(people.len(), PEOPLE);

        let mut found_some = 0;
        for _ in 0..FILTERS {
            let text = any_filter().new_tree(&mut runner).unwrap().current();
            let filter = checked(catalog.user(), &text);
            let expected: Vec<&String> = people
                .iter()
                .filter(|(_, answer)| filter.matches(catalog.user(), answer))
                .map(|(id, _)| id)
                .collect();
            let query = DirectoryQuery { filter: Some(filter.clone()), limit: 1_000, ..DirectoryQuery::default() };
            let found = handle.search_users(&query).await.unwrap();
            let ids: Vec<String> = found.items.iter().map(|user| user.id.to_scim()).collect();
            assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{text}");
            assert_eq!(found.total, expected.len() as u64, "{text}");
            found_some += usize::from(!expected.is_empty() && expected.len() < PEOPLE);
        }
        assert!(found_some > FILTERS / 4, "only {found_some} filters told people apart");
    }

    async fn what_is_made_for_an_answer_cannot_be_filtered_on(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let org = fixture.organization("Acme").await;
        let handle = fixture.connection(&org, 1).await;
        for text in ["meta.location co \"x\"", "groups.$ref eq \"x\""] {
            let filter = Some(checked(Catalog::core().user(), text));
            let query = DirectoryQuery { filter, limit: 1, ..DirectoryQuery::default() };
            let refused = handle.search_users(&query).await;
            assert!(matches!(refused, Err(StoreError::Filter(_))), "{text}");
        }
    }
}
