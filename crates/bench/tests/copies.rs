//! Copies of a user are users like others.

#![expect(
    clippy::unwrap_used,
    reason = "a step that cannot be taken fails the test"
)]

use std::collections::BTreeSet;

use rollcall_bench::server::{Server, Tenant};
use rollcall_testkit::on_each_database;

on_each_database! {
    async fn a_copy_is_found_by_everything_that_finds_a_user(database: TestDatabase) {
        let server = Server::start(database.url()).await.unwrap();
        let tenant = server.tenant("Acme", 25).await.unwrap();
        let other = server.tenant("Globex", 3).await.unwrap();
        server.settle().await.unwrap();

        let all = tenant.get("/Users?count=100").await.unwrap();
        assert_eq!(all["totalResults"], 25);
        let users = all["Resources"].as_array().unwrap();
        let names: BTreeSet<_> = users.iter().map(|user| user["userName"].as_str().unwrap()).collect();
        let expected: Vec<_> = (0..25).map(Tenant::user_name).collect();
        assert_eq!(names, expected.iter().map(String::as_str).collect());
        let ids: BTreeSet<_> = users.iter().map(|user| user["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 25);

        for filter in [
            "userName eq \"USER-0000017@example.com\"",
            "externalId eq \"00u0000017\"",
            "displayName eq \"user 0000017\"",
            "emails.value eq \"user-0000017@example.com\"",
            "name.familyName eq \"0000017\"",
            "emails[type eq \"work\" and value sw \"user-0000017\"]",
        ] {
            let filter = filter.replace(' ', "%20").replace('"', "%22");
            let found = tenant.get(&format!("/Users?filter={filter}")).await.unwrap();
            assert_eq!(found["totalResults"], 1, "{filter}");
            assert_eq!(found["Resources"][0]["userName"], "user-0000017@example.com", "{filter}");
            let elsewhere = other.get(&format!("/Users?filter={filter}")).await.unwrap();
            assert_eq!(elsewhere["totalResults"], 0, "{filter}");
        }
        let group = tenant.group("Crew", 12).await.unwrap();
        let group = tenant.get(&format!("/Groups/{group}")).await.unwrap();
        let members: BTreeSet<_> = group["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member["value"].as_str().unwrap())
            .collect();
        assert_eq!(members, ids.into_iter().take(12).collect());
        server.stop().await.unwrap();
    }

}
