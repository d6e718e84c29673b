//! Copies of a user are users like others.

#![expect(
    clippy::unwrap_used,
    reason = "a step that cannot be taken fails the test"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use rollcall_bench::seed::{Seeder, user_name};
use rollcall_bench::tenant::Tenant;
use rollcall_testkit::{Connection, TestApp, on_each_database};

const PATIENCE: Duration = Duration::from_secs(30);

fn tenant(connection: &Connection) -> Tenant {
    Tenant {
        client: reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap(),
        organization: connection.organization.clone(),
        connection: connection.id.clone(),
        base: connection.scim.base().to_owned(),
        token: connection.token.clone(),
        token_id: connection.token_id.clone(),
    }
}

on_each_database! {
    async fn a_copy_is_found_by_everything_that_finds_a_user(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let seeder = Seeder::open(app.database.url()).await.unwrap();
        let tenant = tenant(&app.connect("Acme").await);
        let other = self::tenant(&app.connect("Globex").await);
        seeder.fill(&tenant, 25).await.unwrap();
        seeder.fill(&other, 3).await.unwrap();
        seeder.settle().await.unwrap();

        let all = tenant.get("/Users?count=100").await.unwrap();
        assert_eq!(all["totalResults"], 25);
        let users = all["Resources"].as_array().unwrap();
        let names: BTreeSet<_> = users.iter().map(|user| user["userName"].as_str().unwrap()).collect();
        let expected: Vec<_> = (0..25).map(user_name).collect();
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
        let group = seeder.group(&tenant, "Crew", 12).await.unwrap();
        let group = tenant.get(&format!("/Groups/{group}")).await.unwrap();
        let members: BTreeSet<_> = group["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member["value"].as_str().unwrap())
            .collect();
        assert_eq!(members, ids.into_iter().take(12).collect());
        seeder.close().await.unwrap();
        app.stop().await;
    }
}
