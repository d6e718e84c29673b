//! Three ways to the same connection, and what happens when they disagree with the token.

use rollcall_testkit::{BASE_DOMAIN, Client, TestApp, on_each_database};

async fn by_host(app: &TestApp, slug: &str, path: &str, token: &str) -> u16 {
    let request = app
        .scim_at("", Some(token))
        .request("GET", path)
        .header("host", format!("{slug}.{BASE_DOMAIN}"));
    Client::read(request).await.status
}

on_each_database! {
    async fn path_host_and_token_alone_reach_the_same_connection(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let paths = [
            format!("/scim/v2/{}", acme.id),
            "/scim/v2".to_owned(),
            "/api/v1/auth/scim".to_owned(),
            "/custom/scim".to_owned(),
        ];
        for path in paths {
            let scim = app.scim_at(&path, Some(&acme.token));
            let _ = scim.get("/Users").await.expect(200);
            let config = scim.get("/ServiceProviderConfig").await.expect(200);
            let location = config.text("/meta/location");
            assert_eq!(location, format!("{}/ServiceProviderConfig", acme.scim.base()));
        }
        assert_eq!(by_host(&app, "acme", "/scim/v2/Users", &acme.token).await, 200);
        assert_eq!(by_host(&app, "ACME", "/api/scim/v2/Users", &acme.token).await, 200);
    }

    async fn a_host_of_another_organization_refuses_the_token(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _globex = app.connect("Globex").await;

        assert_eq!(by_host(&app, "globex", "/scim/v2/Users", &acme.token).await, 401);
        assert_eq!(by_host(&app, "nobody", "/scim/v2/Users", &acme.token).await, 401);
        // The path fits the token, and the host does not.
        let path = format!("/scim/v2/{}/Users", acme.id);
        assert_eq!(by_host(&app, "globex", &path, &acme.token).await, 401);
        assert_eq!(by_host(&app, "acme", &path, &acme.token).await, 200);
    }

    async fn a_slash_at_the_end_or_in_the_middle_does_not_matter(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        for path in ["/Users/", "//Users", "/Users/?count=1"] {
            let _ = acme.scim.get(path).await.expect(200);
        }
    }

    async fn endpoint_names_are_case_sensitive(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let acme = app.connect("Acme").await;
        let _ = acme.scim.get("/users").await.expect(404);
    }
}
