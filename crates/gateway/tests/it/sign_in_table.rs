//! The table of `docs/sign-in-decisions.md`, held against what the gateway decides.

use std::collections::BTreeSet;
use std::fmt;

use futures_util::stream::{self, StreamExt};
use rollcall_testkit::{Connection, TestApp, on_each_database};
use serde_json::{Value, json};

const DOCUMENT: &str = include_str!("../../../../docs/sign-in-decisions.md");
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const USERS: [&str; 6] = [
    "absent",
    "active",
    "deactivated",
    "deleted",
    "protected",
    "waiting",
];
const IDENTITIES: [&str; 4] = ["linked", "verified", "unverified", "foreign"];

/// How many cases are made at the same time.
const AT_ONCE: usize = 8;

/// A row of the table: for each column the values that it fits, none if it fits any.
struct Row {
    columns: Vec<Vec<&'static str>>,
    reason: &'static str,
}

fn rows() -> Vec<Row> {
    let (_, table) = DOCUMENT.split_once("| user | identity |").unwrap();
    let lines = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    lines
        .map(|line| {
            let mut cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let reason = cells.pop().unwrap().trim_matches('`');
            let values = |cell: &&'static str| match *cell {
                "*" => Vec::new(),
                list => list.split(", ").collect(),
            };
            Row {
                columns: cells.iter().map(values).collect(),
                reason,
            }
        })
        .collect()
}

/// One combination of everything that matters.
#[derive(Clone, Copy)]
struct Case {
    number: usize,
    user: &'static str,
    identity: &'static str,
    restrict: bool,
    jit: bool,
    unverified: bool,
    full: bool,
}

impl Case {
    fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for user in USERS {
            for identity in IDENTITIES {
                for switches in 0..16_u8 {
                    let on = |bit: u8| switches & (1 << bit) != 0;
                    let case = Self {
                        number: cases.len(),
                        user,
                        identity,
                        restrict: on(0),
                        jit: on(1),
                        unverified: on(2),
                        full: on(3),
                    };
                    // Nobody waits while seats are free.
                    if case.user != "waiting" || case.full {
                        cases.push(case);
                    }
                }
            }
        }
        cases
    }

    fn values(&self) -> [&'static str; 6] {
        let word = |on: bool| if on { "yes" } else { "no" };
        let seats = if self.full { "full" } else { "free" };
        let switches = [word(self.restrict), word(self.jit), word(self.unverified)];
        let [restrict, jit, unverified] = switches;
        [self.user, self.identity, restrict, jit, unverified, seats]
    }

    fn fits(&self, row: &Row) -> bool {
        let mut columns = row.columns.iter().zip(self.values());
        columns.all(|(fitting, value)| fitting.is_empty() || fitting.contains(&value))
    }

    fn email(&self) -> String {
        format!("user{}@acme.com", self.number)
    }

    fn policy(&self, user: Option<&str>, seats: u64) -> Value {
        let protected: Vec<&str> = user
            .filter(|_| self.user == "protected")
            .into_iter()
            .collect();
        let limit = json!({ "seats": seats, "when_full": "wait" });
        json!({
            "restrict_account_creation_to_scim": self.restrict,
            "just_in_time_provisioning": self.jit,
            "unverified_email_linking": self.unverified,
            "protected_users": protected,
            "seat_limit": if self.full { limit } else { Value::Null },
        })
    }

    fn identity(&self) -> Value {
        let new = |verified: bool| json!({ "subject": "new", "email": self.email(), "email_verified": verified });
        match self.identity {
            "linked" => json!({ "subject": "linked" }),
            "verified" => new(true),
            "unverified" => new(false),
            _ => {
                json!({ "subject": "foreign", "email": "foreign@other.com", "email_verified": true })
            }
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.values().join(" | "))
    }
}

async fn ask(app: &TestApp, at: &Connection, identity: Value) -> Value {
    let path = format!("/v1/organizations/{}/sign-in-decisions", at.organization);
    let body = json!({ "sso_connection_id": at.sso, "identity": identity });
    app.api.post(&path, body).await.expect(200).body
}

/// An organization in which a case is so, and the user of it.
async fn arrange(app: &TestApp, case: &Case) -> Connection {
    let acme = app.connect(&format!("Acme {}", case.number)).await;
    let policy_path = format!("/v1/organizations/{}/policy?force=true", acme.organization);
    let taken = async || {
        let shown = app
            .api
            .get(&policy_path.replace("?force=true", ""))
            .await
            .expect(200);
        shown.body["seats"]["taken"].as_u64().unwrap()
    };
    let set_active = async |path: &str, active: bool| {
        let operation = json!({ "op": "replace", "path": "active", "value": active });
        let body = json!({ "schemas": [PATCH_OP], "Operations": [operation] });
        let _ = acme.scim.patch(path, body).await.expect(200);
    };
    let mut user = None;
    if case.user != "absent" {
        let body = json!({ "userName": case.email() });
        user = Some(acme.scim.post("/Users", body).await.expect(201).text("/id"));
    }
    if case.identity == "linked" {
        let first = json!({ "subject": "linked", "email": case.email(), "email_verified": true });
        let _ = ask(app, &acme, first).await;
    }
    let path = format!("/Users/{}", user.as_deref().unwrap_or_default());
    match case.user {
        "deactivated" => set_active(&path, false).await,
        "deleted" => {
            let _ = acme.scim.delete(&path).await.expect(204);
        }
        "waiting" => {
            set_active(&path, false).await;
            let _ = app
                .api
                .put(&policy_path, case.policy(None, 0))
                .await
                .expect(200);
            set_active(&path, true).await;
        }
        _ => {}
    }
    if case.user != "waiting" {
        let policy = case.policy(user.as_deref(), taken().await);
        let _ = app.api.put(&policy_path, policy).await.expect(200);
    }
    acme
}

#[test]
fn no_two_columns_of_the_table_are_mixed_up() {
    let cases = Case::all();
    for row in rows() {
        assert_eq!(row.columns.len(), 6, "{}", row.reason);
        for (column, values) in row.columns.iter().enumerate() {
            for value in values {
                let known = cases.iter().any(|case| case.values()[column] == *value);
                assert!(known, "`{value}` is no value of its column");
            }
        }
    }
}

on_each_database! {
    async fn every_case_is_decided_as_the_table_says(database: TestDatabase) {
        let app = TestApp::start(database).await;
        let other = app.connect("Other").await;
        let _ = other.scim.post("/Users", json!({ "userName": "foreign@other.com" })).await.expect(201);
        let foreign = json!({ "subject": "foreign", "email": "foreign@other.com", "email_verified": true });
        assert_eq!(ask(&app, &other, foreign).await["reason"], "provisioned_active");

        let rows = rows();
        let app = &app;
        let decided: Vec<(Case, Value)> = stream::iter(Case::all())
            .map(async |case| {
                let acme = arrange(app, &case).await;
                (case, ask(app, &acme, case.identity()).await)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        assert_eq!(decided.len(), 352);
        let mut needed = BTreeSet::new();
        for (case, decision) in decided {
            let row = rows.iter().position(|row| case.fits(row));
            let row = row.ok_or_else(|| format!("no row fits {case}")).unwrap();
            needed.insert(row);
            let reason = rows[row].reason;
            assert_eq!(decision["reason"], reason, "{case}");
            let known = DOCUMENT.lines().find(|line| line.starts_with(&format!("| `{reason}` | ")));
            let documented = known.unwrap().split(" | ").nth(1).unwrap();
            assert_eq!(decision["decision"], documented, "{case}");
        }
        assert_eq!(needed.len(), rows.len(), "a row is never needed");
    }
}
