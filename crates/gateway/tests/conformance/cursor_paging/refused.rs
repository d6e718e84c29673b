//! Cursors that are refused, and why (RFC 9865 §2.1, §5.2).

use std::time::Duration;

use rollcall_testkit::on_each_database;
use serde_json::json;

use super::{SEARCH, crowded, next_cursor};
use crate::crowd;
use crate::fixture::{expect_error, expect_list, query};

on_each_database! {
    async fn a_cursor_is_good_for_its_own_query_and_token_and_all_refusals_look_alike(database: TestDatabase) {
        let (app, tenant, _) = crowded(database, 25).await;
        let stranger = app.connect("T2").await;
        crowd::add(&app, &stranger, crowd::numbered(25)).await;
        let tokens = format!("{}/tokens", tenant.path());
        let colleague = app.api.post(&tokens, json!({ "name": "other" })).await.expect(201);
        let colleague = tenant.scim.with_bearer(Some(&colleague.text("/secret")));

        let parameters = [("filter", "userName pr"), ("sortBy", "userName"), ("attributes", "userName"), ("count", "10")];
        let own = query(&parameters);
        let first = tenant.scim.get(&format!("/Users?{own}&cursor=")).await;
        expect_list(&first, 25);
        let cursor = next_cursor(&first).unwrap();
        expect_list(&tenant.scim.get(&format!("/Users?{own}&cursor={cursor}")).await, 25);

        let mut refusals = Vec::new();
        // Another query: each parameter changed, left out or added, and another endpoint.
        for changed in [
            [("filter", "id pr"), parameters[1], parameters[2], parameters[3]],
            [parameters[0], ("sortBy", "displayName"), parameters[2], parameters[3]],
            [parameters[0], ("sortOrder", "descending"), parameters[2], parameters[3]],
            [parameters[0], parameters[1], ("attributes", "title"), parameters[3]],
            [parameters[0], parameters[1], ("excludedAttributes", "userName"), parameters[3]],
            [parameters[0], parameters[1], ("x", "y"), parameters[3]],
            [("x", "y"), parameters[1], parameters[2], parameters[3]],
        ] {
            refusals.push(tenant.scim.get(&format!("/Users?{}&cursor={cursor}", query(&changed))).await);
        }
        let descending = format!("{own}&sortOrder=descending");
        refusals.push(tenant.scim.get(&format!("/Users?{descending}&cursor={cursor}")).await);
        refusals.push(tenant.scim.get(&format!("?{own}&cursor={cursor}")).await);
        // Somebody else.
        refusals.push(stranger.scim.get(&format!("/Users?{own}&cursor={cursor}")).await);
        refusals.push(colleague.get(&format!("/Users?{own}&cursor={cursor}")).await);
        // No cursor at all, and parts of one.
        for wrong in ["zzz", "MTA", "10", "%00", "AQ", &cursor[..cursor.len() - 1], &cursor[1..], &format!("{cursor}A"), &format!("{cursor}=")] {
            refusals.push(tenant.scim.get(&format!("/Users?{own}&cursor={wrong}")).await);
        }
        for refused in &refusals {
            expect_error(refused, 400, "invalidCursor");
            assert_eq!(refused.body, refusals[0].body);
        }
        let body = json!({ "schemas": [SEARCH], "cursor": cursor, "count": 10 });
        let refused = tenant.scim.post("/Users/.search", body).await;
        assert_eq!((refused.status, &refused.body), (400, &refusals[0].body));
    }

    async fn every_changed_character_is_noticed(database: TestDatabase) {
        let (_app, tenant, _) = crowded(database, 3).await;
        let first = tenant.scim.get("/Users?cursor=&count=2").await;
        let cursor = next_cursor(&first).unwrap();
        let changed = |place: usize, by: u8| {
            let mut bytes = cursor.as_bytes().to_vec();
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let digit = alphabet.iter().position(|letter| *letter == bytes[place]).unwrap();
            bytes[place] = alphabet[digit ^ usize::from(by)];
            String::from_utf8(bytes).unwrap()
        };
        for place in 0..cursor.len() {
            // Each of the six bits that a character stands for, in turn.
            let text = changed(place, 1 << (place % 6));
            let refused = tenant.scim.get(&format!("/Users?count=2&cursor={text}")).await;
            expect_error(&refused, 400, "invalidCursor");
        }
        // The last character has bits that stand for nothing; they count all the same.
        for bit in 0..6 {
            let text = changed(cursor.len() - 1, 1 << bit);
            let refused = tenant.scim.get(&format!("/Users?count=2&cursor={text}")).await;
            expect_error(&refused, 400, "invalidCursor");
        }
        expect_list(&tenant.scim.get(&format!("/Users?count=2&cursor={cursor}")).await, 3);
    }

    async fn a_cursor_has_an_end(database: TestDatabase) {
        let (app, tenant, _) = crowded(database, 5).await;
        let first = tenant.scim.get("/Users?cursor=&count=2").await;
        let second = format!("/Users?count=2&cursor={}", next_cursor(&first).unwrap());
        app.clock.advance(Duration::from_secs(3_600));
        let page = tenant.scim.get(&second).await;
        expect_list(&page, 5);
        app.clock.advance(Duration::from_millis(1));
        expect_error(&tenant.scim.get(&second).await, 400, "expiredCursor");
        // Each page brings a cursor of its own, so a walk may take longer than that.
        let third = format!("/Users?count=2&cursor={}", next_cursor(&page).unwrap());
        expect_list(&tenant.scim.get(&third).await, 5);
    }

    async fn a_count_that_is_wrong_or_changes_on_the_way_is_refused(database: TestDatabase) {
        let (_app, tenant, _) = crowded(database, 25).await;
        for wrong in ["abc", "", "1.5"] {
            let refused = tenant.scim.get(&format!("/Users?cursor=&count={wrong}")).await;
            expect_error(&refused, 400, "invalidCount");
        }
        let body = json!({ "schemas": [SEARCH], "cursor": "", "count": "ten" });
        expect_error(&tenant.scim.post("/Users/.search", body).await, 400, "invalidCount");

        let first = tenant.scim.get("/Users?cursor=&count=10").await;
        let cursor = next_cursor(&first).unwrap();
        for other in ["&count=20", "&count=9", ""] {
            let refused = tenant.scim.get(&format!("/Users?cursor={cursor}{other}")).await;
            expect_error(&refused, 400, "invalidCount");
        }
        expect_list(&tenant.scim.get(&format!("/Users?cursor={cursor}&count=10")).await, 25);
    }

    async fn a_page_is_named_by_a_cursor_or_by_a_number_and_not_by_both(database: TestDatabase) {
        let (_app, tenant, _) = crowded(database, 5).await;
        let first = tenant.scim.get("/Users?cursor=&count=2").await;
        let cursor = next_cursor(&first).unwrap();
        for both in ["cursor=&startIndex=1", "startIndex=1&cursor", &format!("startIndex=3&count=2&cursor={cursor}")] {
            expect_error(&tenant.scim.get(&format!("/Users?{both}")).await, 400, "invalidValue");
        }
        let body = json!({ "schemas": [SEARCH], "cursor": "", "startIndex": 1 });
        expect_error(&tenant.scim.post("/Users/.search", body).await, 400, "invalidValue");
    }

    async fn an_order_that_was_switched_off_ends_the_walks_in_it(database: TestDatabase) {
        let (app, tenant, _) = crowded(database, 5).await;
        let first = tenant.scim.get("/Users?cursor=&count=2&sortBy=userName").await;
        let second = format!("/Users?count=2&sortBy=userName&cursor={}", next_cursor(&first).unwrap());
        let off = json!({ "settings": { "features": { "sort": false } } });
        let _ = app.api.patch(&tenant.path(), off).await.expect(200);
        expect_error(&tenant.scim.get(&second).await, 400, "invalidCursor");
    }
}
