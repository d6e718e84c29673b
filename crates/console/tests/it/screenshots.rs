//! Writes pages with data in them to a folder, to be looked at. Does nothing unless
//! `ROLLCALL_PAGES_TO` names one; see `make screenshots`.

use std::path::Path;

use rollcall_testkit::{TestApp, TestDatabase};
use serde_json::json;

use crate::browser::Browser;
use crate::issuer_sign_in;

/// Names of customers, which connections they have and whether requests came.
const CUSTOMERS: [(&str, bool); 7] = [
    ("Umbrella Logistics", false),
    ("Initech Software GmbH", true),
    ("Globex Corporation", true),
    ("Hooli International", false),
    ("Soylent Foods", true),
    ("Stark Industries", true),
    ("Acme, Inc.", true),
];

const PEOPLE: [(&str, &str); 6] = [
    ("ada", "Ada Lovelace"),
    ("grace", "Grace Hopper"),
    ("alan", "Alan Turing"),
    ("katherine", "Katherine Johnson"),
    ("edsger", "Edsger W. Dijkstra"),
    ("barbara", "Barbara Liskov"),
];

#[test]
fn pages_with_data_are_written_where_they_can_be_looked_at() {
    let Ok(folder) = std::env::var("ROLLCALL_PAGES_TO") else {
        return;
    };
    rollcall_testkit::block_on(async {
        let sign_in = issuer_sign_in::settings("https://login.example.com");
        let app = TestApp::start_with_sign_in(TestDatabase::sqlite().await, sign_in).await;
        let mut last = None;
        for (name, asked) in CUSTOMERS {
            let connection = app.connect(name).await;
            if asked {
                fill(&app, &connection).await;
            }
            app.clock.advance(std::time::Duration::from_hours(30));
            last = Some(connection);
        }
        let connection = last.unwrap();
        for hour in 0..20u64 {
            app.clock.advance(std::time::Duration::from_hours(1));
            for number in 0..(hour * 7 % 13) {
                let path = if number % 5 == 4 {
                    "/Users/nobody"
                } else {
                    "/Users?count=1"
                };
                let _ = connection.scim.get(path).await;
            }
            app.flush().await;
        }
        let _ = connection
            .scim
            .with_bearer(Some("rc_wrong"))
            .get("/Users")
            .await;
        app.flush().await;
        let hook = json!({ "url": "https://127.0.0.1:9/hooks/rollcall" });
        let _ = app.api.post("/v1/webhook-endpoints", hook).await;
        let domain = json!({ "domain": "acme.example.com" });
        let org = format!("/v1/organizations/{}/domains", connection.organization);
        let _ = app.api.post(&org, domain).await;
        write(&app, &connection, Path::new(&folder)).await;
        app.stop().await;
    });
}

async fn fill(app: &TestApp, connection: &rollcall_testkit::Connection) {
    let mut ids = Vec::new();
    for (name, display) in PEOPLE {
        let (given, family) = display.split_once(' ').unwrap();
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("{name}@acme.example.com"),
            "externalId": format!("00u{name}"),
            "displayName": display,
            "name": { "givenName": given, "familyName": family },
            "title": "Engineer",
            "active": name != "alan",
            "emails": [{ "value": format!("{name}@acme.example.com"), "type": "work", "primary": true }],
        });
        ids.push(
            connection
                .scim
                .post("/Users", user)
                .await
                .expect(201)
                .text("/id"),
        );
    }
    for group in ["Engineers", "Everyone", "Admins"] {
        let members: Vec<_> = ids.iter().map(|id| json!({ "value": id })).collect();
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": group,
            "members": members,
        });
        let _ = connection.scim.post("/Groups", group).await;
    }
    app.flush().await;
}

async fn write(app: &TestApp, connection: &rollcall_testkit::Connection, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let browser = Browser::of_admin(app).await;
    let org = format!("/console/organizations/{}", connection.slug);
    let scim = format!("{org}/scim-connections/{}", connection.id);
    let users = browser.get(&format!("{scim}/users")).await.expect(200);
    let user = users.between(&format!("{scim}/users/"), "\"");
    let log = browser
        .get(&format!("{scim}/requests?category=failed"))
        .await
        .expect(200);
    let request = log.between(&format!("{scim}/requests/"), "\"");
    let new = [("name", "December"), ("previous", "86400")];
    let token = browser
        .fill(&format!("{scim}/tokens"), &new)
        .await
        .expect(200)
        .text;
    let sso = format!("{org}/sso-connections/{}", connection.sso);
    let new = [
        ("expires_in_seconds", "86400"),
        ("return_url", "https://app.example.com"),
    ];
    let link = browser.fill(&format!("{org}/portal-links"), &new).await;
    let checked = browser.fill(&format!("{sso}/check"), &[]).await;
    let pages = [
        ("sign-in", "/console/sign-in".to_owned()),
        ("not-found", "/console/nowhere".to_owned()),
        ("organizations", "/console/organizations".to_owned()),
        ("no-match", "/console/organizations?q=zzz".to_owned()),
        ("new-organization", "/console/organizations/new".to_owned()),
        ("organization", org.clone()),
        ("edit-organization", format!("{org}/edit")),
        ("new-sso", format!("{org}/sso-connections/new")),
        ("sso", sso.clone()),
        ("edit-sso", format!("{sso}/edit")),
        ("portal-links", format!("{org}/portal-links")),
        ("new-portal-link", format!("{org}/portal-links/new")),
        ("connection", scim.clone()),
        ("users", format!("{scim}/users")),
        ("user", format!("{scim}/users/{user}")),
        ("groups", format!("{scim}/groups")),
        ("parked", format!("{scim}/parked")),
        ("requests", format!("{scim}/requests")),
        ("request", format!("{scim}/requests/{request}")),
        ("events", format!("{scim}/events")),
        ("webhooks", "/console/webhooks".to_owned()),
        ("audit-log", "/console/audit-log".to_owned()),
        ("api-keys", "/console/api-keys".to_owned()),
    ];
    save(&browser, folder, "token", token).await;
    save(&browser, folder, "portal-link", link.expect(200).text).await;
    save(&browser, folder, "sso-checked", checked.expect(200).text).await;
    for (name, path) in pages {
        let page = browser.get(&path).await.text;
        save(&browser, folder, name, page).await;
    }
}

/// Keeps a page with what it loads beside it.
async fn save(browser: &Browser, folder: &Path, name: &str, mut page: String) {
    for quoted in ["href=\"/assets/", "src=\"/assets/"] {
        while let Some((before, rest)) = page.split_once(quoted) {
            let (asset, _) = rest.split_once('"').unwrap();
            let body = browser
                .get(&format!("/assets/{asset}"))
                .await
                .expect(200)
                .text;
            std::fs::write(folder.join(asset), body).unwrap();
            let attribute = quoted.split_once('/').unwrap().0;
            page = format!("{before}{attribute}{rest}");
        }
    }
    std::fs::write(folder.join(format!("{name}.html")), page).unwrap();
}
