//! Pages by number (RFC 7644 §3.4.2.4).

use rollcall_testkit::{Reply, TestApp, TestDatabase, on_each_database};
use serde_json::{Value, json};

use crate::crowd;
use crate::fixture::{ENTERPRISE, Fixture, expect_error, expect_list, query};

/// What a page says of itself: `startIndex`, `itemsPerPage`, and how many resources it has.
#[track_caller]
fn page_of(list: &Reply, total: u64) -> (i64, i64, usize) {
    expect_list(list, total);
    (
        list.body["startIndex"].as_i64().unwrap(),
        list.body["itemsPerPage"].as_i64().unwrap(),
        list.body["Resources"].as_array().unwrap().len(),
    )
}

/// A tenant of 25 users on a server whose pages hold 7, and 10 at most.
async fn twenty_five(
    database: TestDatabase,
) -> (TestApp, rollcall_testkit::Connection, Vec<String>) {
    let app = TestApp::start_with(database, |settings| {
        settings.limits.max_results = 10;
        settings.limits.default_results = 7;
    })
    .await;
    let tenant = app.connect("T1").await;
    let ids = crowd::add(&app, &tenant, crowd::numbered(25)).await;
    (app, tenant, ids)
}

on_each_database! {
    async fn places_are_counted_from_one_and_never_below(database: TestDatabase) {
        let (_app, tenant, ids) = twenty_five(database).await;
        for start in ["", "&startIndex=1", "&startIndex=0", "&startIndex=-5", "&startIndex=-9223372036854775808"] {
            let list = tenant.scim.get(&format!("/Users?count=2{start}")).await;
            assert_eq!(page_of(&list, 25), (1, 2, 2), "{start}");
            assert_eq!(crowd::ids(&list), ids[..2]);
        }
        let list = tenant.scim.get("/Users?count=2&startIndex=24").await;
        assert_eq!(page_of(&list, 25), (24, 2, 2));
        assert_eq!(crowd::ids(&list), ids[23..]);
    }

    async fn a_page_holds_what_was_asked_for_and_no_more_than_the_server_allows(database: TestDatabase) {
        let (_app, tenant, _) = twenty_five(database).await;
        for (asked, held) in [
            ("count=3", 3), ("count=0", 0), ("count=-1", 0), ("count=-99999999999999999999", 0),
            ("count=10", 10), ("count=1000", 10), ("", 7), ("startIndex=21&count=10", 5),
        ] {
            let list = tenant.scim.get(&format!("/Users?{asked}")).await;
            let (_, items, resources) = page_of(&list, 25);
            assert_eq!((items, resources), (held, usize::try_from(held).unwrap()), "{asked}");
        }
        let none = tenant.scim.get("/Users?count=0").await;
        assert_eq!(none.body["Resources"], json!([]));
        let config = tenant.scim.get("/ServiceProviderConfig").await.expect(200);
        assert_eq!(config.body["filter"]["maxResults"], 10);
        let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": -1 });
        assert_eq!(page_of(&tenant.scim.post("/Users/.search", search).await, 25), (1, 0, 0));
    }

    async fn a_place_beyond_the_end_is_an_empty_page(database: TestDatabase) {
        let (_app, tenant, _) = twenty_five(database).await;
        for filter in ["", "&filter=userName%20pr", "&sortBy=userName"] {
            let list = tenant.scim.get(&format!("/Users?startIndex=1000{filter}")).await;
            assert_eq!(page_of(&list, 25), (1000, 0, 0), "{filter}");
            assert_eq!(list.body["Resources"], json!([]));
        }
    }

    async fn what_is_no_whole_number_is_refused_and_huge_ones_are_no_failure(database: TestDatabase) {
        let (_app, tenant, _) = twenty_five(database).await;
        for wrong in ["count=abc", "startIndex=1.5", "count=", "startIndex=", "count=1e2", "startIndex=0x1", "count=%201"] {
            let refused = tenant.scim.get(&format!("/Users?{wrong}")).await;
            expect_error(&refused, 400, "invalidValue");
        }
        let largest = i64::MAX;
        for huge in [largest.to_string(), "99999999999999999999".to_owned(), u64::MAX.to_string()] {
            let list = tenant.scim.get(&format!("/Users?startIndex={huge}")).await;
            assert_eq!(page_of(&list, 25), (largest, 0, 0), "{huge}");
            let list = tenant.scim.get(&format!("/Users?count={huge}")).await;
            assert_eq!(page_of(&list, 25), (1, 10, 10), "{huge}");
            let all = tenant.scim.get(&format!("?startIndex={huge}&count={huge}")).await;
            assert_eq!(page_of(&all, 25), (largest, 0, 0), "{huge}");
        }
    }

    async fn without_an_order_a_list_has_one_all_the_same(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let tenant = app.connect("T1").await;
        let everybody = crowd::add(&app, &tenant, crowd::numbered(1_000)).await;
        let mut seen = Vec::new();
        for start in (1..=1_000).step_by(100) {
            let page = tenant.scim.get(&format!("/Users?startIndex={start}&count=100")).await;
            expect_list(&page, 1_000);
            seen.extend(crowd::ids(&page));
        }
        assert_eq!(seen, everybody);
        // Whatever the size of the pages is.
        let page = tenant.scim.get("/Users?startIndex=342&count=5").await;
        assert_eq!(crowd::ids(&page), everybody[341..346]);
    }

    async fn pages_go_with_a_filter_an_order_and_a_projection(database: TestDatabase) {
        let f = Fixture::start(database).await;
        let staff = (0..20).map(|number| json!({
            "userName": format!("user-{number:02}"),
            "title": format!("{}", 9 - number % 10),
            ENTERPRISE: { "department": if number < 12 { "Sales" } else { "Law" } },
        }));
        crowd::add(&f.app, &f.tenant, staff).await;
        let filter = format!("{ENTERPRISE}:department eq \"sales\"");
        let mut seen: Vec<Value> = Vec::new();
        for start in ["1", "6", "11"] {
            let parameters = query(&[
                ("filter", &filter), ("sortBy", "title"), ("attributes", "userName,title"),
                ("startIndex", start), ("count", "5"),
            ]);
            let page = f.scim().get(&format!("/Users?{parameters}")).await;
            expect_list(&page, 12);
            seen.extend(page.body["Resources"].as_array().unwrap().clone());
        }
        let expected = [9, 8, 7, 6, 5, 4, 3, 2, 1, 11, 0, 10].map(|number| format!("user-{number:02}"));
        let names: Vec<&str> = seen.iter().map(|user| user["userName"].as_str().unwrap()).collect();
        assert_eq!(names, expected);
        for user in &seen {
            let keys: Vec<&String> = user.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["schemas", "id", "userName", "title"]);
        }
        let alone = f.scim().get(&format!("/Users?{}", query(&[("filter", &filter)]))).await;
        expect_list(&alone, 12);
    }

    async fn a_total_counts_what_the_token_may_see_and_nobody_else(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let (ours, theirs) = (app.connect("T1").await, app.connect("T2").await);
        crowd::add(&app, &ours, crowd::numbered(3)).await;
        crowd::add(&app, &theirs, crowd::numbered(5)).await;
        for list in ["/Users?count=1", "/Users?count=1&filter=userName%20pr", "?count=1", "/Users?count=1&cursor="] {
            expect_list(&ours.scim.get(list).await, 3);
            expect_list(&theirs.scim.get(list).await, 5);
        }
    }
}
