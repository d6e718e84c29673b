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
        sso: connection.sso.clone(),
        api_key: String::new(),
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

    async fn copies_for_every_tenant_are_found_under_the_ids_that_are_said(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let seeder = Seeder::open(app.database.url()).await.unwrap();
        let model = tenant(&app.connect("Model").await);
        let first = seeder.fill(&model, 1).await.unwrap();
        let mut others = Vec::new();
        for name in ["Initech", "Acme", "Globex"] {
            others.push(tenant(&app.connect(name).await));
        }

        let directories = seeder.fill_others((&model, first), others, 4).await.unwrap();

        for directory in &directories {
            let all = directory.tenant.get("/Users?count=100").await.unwrap();
            assert_eq!(all["totalResults"], 4);
            for number in 0..4 {
                let path = format!("/Users/{}", directory.id(number));
                let user = directory.tenant.get(&path).await.unwrap();
                assert_eq!(user["userName"], user_name(number));
            }
        }
        let all = model.get("/Users").await.unwrap();
        assert_eq!(all["totalResults"], 1);
        seeder.close().await.unwrap();
        app.stop().await;
    }
}
