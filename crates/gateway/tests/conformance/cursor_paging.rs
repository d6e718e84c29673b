//! Pages by cursor (RFC 9865): a walk and its pages. What is wrong with a cursor is in `refused`.

mod refused;

use rollcall_testkit::{Connection, Reply, TestApp, TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::crowd::{self, walk};
use crate::fixture::{Fixture, GROUP, create, expect_error, expect_list, query, user_names};

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// A tenant of so many users, with their ids in the order of the list.
async fn crowded(database: TestDatabase, count: usize) -> (TestApp, Connection, Vec<String>) {
    let app = TestApp::start_with(database, |settings| {
        settings.limits.max_results = 20;
        settings.limits.default_results = 7;
    })
    .await;
    let tenant = app.connect("T1").await;
    let ids = crowd::add(&app, &tenant, crowd::numbered(count)).await;
    (app, tenant, ids)
}

fn next_cursor(page: &Reply) -> Option<&str> {
    page.body
        .get("nextCursor")
        .map(|cursor| cursor.as_str().unwrap())
}

/// The bytes of a cursor, for looking into it.
fn decoded(cursor: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digit = |letter: u8| alphabet.iter().position(|known| *known == letter).unwrap() as u32;
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for letter in cursor.bytes() {
        bits = (bits << 6 | digit(letter)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}

fn ids_of(pages: &[Reply]) -> Vec<String> {
    pages.iter().flat_map(crowd::ids).collect()
}

on_each_database! {
    async fn a_walk_goes_from_an_empty_cursor_to_the_page_without_a_next_one(database: TestDatabase) {
        let (_app, tenant, everybody) = crowded(database, 25).await;
        let bare = tenant.scim.get("/Users?cursor&count=10").await;
        expect_list(&bare, 25);
        assert_eq!(crowd::ids(&bare), everybody[..10]);
        assert!(next_cursor(&bare).is_some());

        let pages = walk(&tenant.scim, "/Users?count=10").await;
        assert_eq!(pages.len(), 3);
        assert_eq!(ids_of(&pages), everybody);
        for (page, held) in pages.iter().zip([10, 10, 5]) {
            expect_list(page, 25);
            assert_eq!(page.body["itemsPerPage"], json!(held));
            assert_eq!(page.body.get("startIndex"), None);
            assert_eq!(page.body.get("previousCursor"), None);
        }
        for page in &pages[..2] {
            let cursor = next_cursor(page).unwrap();
            let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            assert!(!cursor.is_empty() && cursor.bytes().all(unreserved), "{cursor}");
        }
        assert_eq!(next_cursor(&pages[2]), None);
        // A walk of exactly full pages does not end with an empty one.
        assert_eq!(walk(&tenant.scim, "/Users?count=5").await.len(), 5);
    }

    async fn a_cursor_shows_nothing_of_what_it_holds(database: TestDatabase) {
        let (_app, tenant, everybody) = crowded(database, 3).await;
        let page = || async { tenant.scim.get("/Users?cursor=&count=2&sortBy=userName").await };
        let (first, second) = (page().await, page().await);
        let (first, second) = (next_cursor(&first).unwrap(), next_cursor(&second).unwrap());
        assert_ne!(first, second);
        let bytes = decoded(first);
        for hidden in ["user-00001", &everybody[1], &everybody[1].replace('-', ""), "userName"] {
            let is_there = bytes.windows(hidden.len()).any(|part| part == hidden.as_bytes());
            assert!(!is_there && !first.contains(hidden), "{hidden}");
        }
    }

    async fn the_size_of_a_page_is_what_was_asked_for_within_limits(database: TestDatabase) {
        let (_app, tenant, _) = crowded(database, 25).await;
        for (asked, held) in [("count=0", 0), ("count=-1", 0), ("count=3", 3), ("", 7), ("count=21", 20), ("count=99999999999999999999", 20)] {
            let page = tenant.scim.get(&format!("/Users?cursor=&{asked}")).await;
            expect_list(&page, 25);
            assert_eq!(page.body["itemsPerPage"], json!(held), "{asked}");
            assert_eq!(page.body["Resources"].as_array().unwrap().len(), held, "{asked}");
            assert_eq!(next_cursor(&page).is_some(), held > 0, "{asked}");
        }
        // What is cut on the first page is cut on each, and is no other size.
        let pages = walk(&tenant.scim, "/Users?count=1000").await;
        assert_eq!(pages.iter().map(|page| crowd::ids(page).len()).collect::<Vec<_>>(), [20, 5]);
        assert_eq!(walk(&tenant.scim, "/Users?").await.len(), 4);
    }

    async fn a_walk_in_an_order_is_in_order_from_its_first_page_to_its_last(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let titles = [Some("Clerk"), Some("clerk"), Some("Boss"), None, None];
        let people = (0..12).map(|number| json!({
            "userName": format!("user-{:02}", number * 7 % 12),
            "title": titles[number % 5],
        }));
        crowd::add(&f.app, &f.tenant, people).await;
        for order in ["ascending", "descending"] {
            for by in ["userName", "title", "displayName", "meta.lastModified", "emails.value", "active"] {
                let parameters = query(&[("sortBy", by), ("sortOrder", order), ("count", "100")]);
                let whole = f.scim().get(&format!("/Users?{parameters}")).await.expect(200);
                let parameters = query(&[("sortBy", by), ("sortOrder", order), ("count", "4")]);
                let pages = walk(f.scim(), &format!("/Users?{parameters}")).await;
                assert_eq!(pages.len(), 4);
                assert_eq!(ids_of(&pages), crowd::ids(&whole), "{by} {order}");
            }
        }
        let pages = walk(f.scim(), "/Users?sortBy=userName&count=6").await;
        let names: Vec<String> = pages.iter().flat_map(user_names).collect();
        let mut sorted = names.clone();
        sorted.sort_by_key(|name| name.to_lowercase());
        assert_eq!(names, sorted);
        assert_eq!(names.len(), 15);
    }

    async fn a_walk_goes_with_a_filter_and_a_projection(database: TestDatabase) {
        let (_app, tenant, _) = crowded(database, 25).await;
        let parameters = query(&[("filter", "userName co \"1\""), ("attributes", "userName"), ("count", "5")]);
        let pages = walk(&tenant.scim, &format!("/Users?{parameters}")).await;
        let names: Vec<String> = pages.iter().flat_map(user_names).collect();
        assert_eq!(names.len(), 12);
        assert!(names.iter().all(|name| name.contains('1')));
        for page in &pages {
            expect_list(page, 12);
            for user in page.body["Resources"].as_array().unwrap() {
                assert_eq!(user.as_object().unwrap().len(), 3, "{user}");
            }
        }
    }

    async fn a_query_by_post_takes_the_cursor_in_its_body(database: TestDatabase) {
        let f = Fixture::start(database).await;
        for name in ["Alpha", "Beta", "Gamma"] {
            create(f.scim(), "/Groups", json!({ "schemas": [GROUP], "displayName": name })).await;
        }
        for (path, total) in [("/Users/.search", 3), ("/Groups/.search", 5), ("/.search", 8)] {
            for sort in [json!({}), json!({ "sortBy": "displayName" }), json!({ "sortBy": "displayName", "sortOrder": "descending" })] {
                let body = |extra: Value| {
                    let mut body = json!({ "schemas": [SEARCH] });
                    body.as_object_mut().unwrap().extend(sort.as_object().unwrap().clone());
                    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
                    body
                };
                let whole = f.scim().post(path, body(json!({}))).await;
                expect_list(&whole, total);
                let mut found = Vec::new();
                let mut cursor = Some(String::new());
                while let Some(next) = cursor {
                    let page = f.scim().post(path, body(json!({ "cursor": next, "count": 2 }))).await;
                    expect_list(&page, total);
                    assert!(page.body["Resources"].as_array().unwrap().len() <= 2);
                    found.extend(crowd::ids(&page));
                    cursor = next_cursor(&page).map(str::to_owned);
                }
                assert_eq!(found, crowd::ids(&whole), "{path} {sort}");
            }
        }
        // The same walk, in a URL.
        let pages = walk(f.scim(), "?sortBy=displayName&count=3").await;
        assert_eq!(ids_of(&pages).len(), 8);
    }

    async fn pages_by_number_stay_the_default_and_both_ways_are_announced(database: TestDatabase) {
        let (_app, tenant, _) = crowded(database, 9).await;
        let list = tenant.scim.get("/Users").await;
        expect_list(&list, 9);
        assert_eq!((&list.body["startIndex"], &list.body["itemsPerPage"]), (&json!(1), &json!(7)));
        assert_eq!(list.body.get("nextCursor"), None);
        let config = tenant.scim.get("/ServiceProviderConfig").await.expect(200);
        assert_eq!(
            config.body["pagination"],
            json!({
                "cursor": true, "index": true, "defaultPaginationMethod": "index",
                "defaultPageSize": 7, "maxPageSize": 20, "cursorTimeout": 3600,
            })
        );
        let schema = "/Schemas/urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
        let schema = tenant.scim.get(schema).await.expect(200);
        let attributes = schema.body["attributes"].as_array().unwrap();
        let pagination = attributes.iter().find(|it| it["name"] == "pagination").unwrap();
        for name in ["cursor", "index"] {
            let subs = pagination["subAttributes"].as_array().unwrap();
            let sub = subs.iter().find(|sub| sub["name"] == name).unwrap();
            assert_eq!(sub["required"], true, "{name}");
        }
    }

    async fn a_walk_meets_everybody_who_stays_while_others_are_deleted(database: TestDatabase) {
        let (app, tenant, everybody) = crowded(database, 2_000).await;
        let handle = crowd::open(&app, &tenant).await;
        let mut met = Vec::new();
        let mut deleted = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = tenant.scim.get(&format!("/Users?count=20&cursor={cursor}")).await;
            expect_list(&page, 2_000 - deleted.len() as u64);
            met.extend(crowd::ids(&page));
            let Some(next) = next_cursor(&page) else { break };
            next.clone_into(&mut cursor);
            if deleted.len() < 50 {
                // One that was met already: a page by number would now pass over somebody.
                let whom = met[met.len() - 1 - deleted.len() % 20].clone();
                let mut tx = handle.begin(rollcall_model::RequestId::new(app.clock.as_ref())).await.unwrap();
                tx.delete_user(rollcall_model::UserId::from_scim(&whom).unwrap()).await.unwrap();
                tx.commit().await.unwrap();
                deleted.push(whom);
            }
        }
        assert_eq!(deleted.len(), 50);
        assert_eq!(met, everybody);
    }

    async fn another_server_goes_on_with_a_walk_because_none_keeps_anything_of_it(database: TestDatabase) {
        let (app, tenant, everybody) = crowded(database, 25).await;
        let first = tenant.scim.get("/Users?cursor=&count=10").await;
        let cursor = next_cursor(&first).unwrap().to_owned();
        let app = app.restart().await;
        let again = app.scim_at(&format!("/scim/v2/{}", tenant.id), Some(&tenant.token));
        let second = again.get(&format!("/Users?count=10&cursor={cursor}")).await;
        expect_list(&second, 25);
        assert_eq!(crowd::ids(&second), everybody[10..20]);
    }

    async fn a_page_is_read_with_the_rights_there_are_when_it_is_asked_for(database: TestDatabase) {
        let (app, tenant, everybody) = crowded(database, 25).await;
        let tokens = format!("{}/tokens", tenant.path());
        let other = app.api.post(&tokens, json!({ "name": "other" })).await.expect(201);
        let other = tenant.scim.with_bearer(Some(&other.text("/secret")));
        let first = tenant.scim.get("/Users?cursor=&count=10").await;
        let rest = format!("/Users?count=10&cursor={}", next_cursor(&first).unwrap());

        let _ = tenant.scim.delete(&format!("/Users/{}", everybody[12])).await.expect(204);
        let page = tenant.scim.get(&rest).await;
        expect_list(&page, 24);
        assert!(!crowd::ids(&page).contains(&everybody[12]));
        let _ = app.api.delete(&format!("{tokens}/{}", tenant.token_id)).await.expect(204);
        expect_error(&tenant.scim.get(&rest).await, 401, "");
        expect_error(&other.get(&rest).await, 400, "invalidCursor");
        expect_list(&other.get("/Users?cursor=&count=10").await, 24);
    }
}
