//! Filters on attributes of an extension that the customer added.

use rollcall_testkit::on_each_database;
use serde_json::json;

use super::{expect_names, expect_refused};
use crate::fixture::{Fixture, PROBE, expect_error};

/// A filter with the extension's URN in place of `X`.
fn x(filter: &str) -> String {
    filter.replace("X:", &format!("{PROBE}:"))
}

async fn two_probes(f: &Fixture) {
    let first = json!({
        "intAttr": 9, "decAttr": 1.50, "boolAttr": true, "dateAttr": "2026-01-31T08:30:00Z",
        "binAttr": "QUJDRA==", "refAttr": "https://example.com/People/9", "exactStr": "b",
        "tags": ["a", "b"], "woStr": "hidden",
    });
    let second = json!({
        "intAttr": 10, "decAttr": -2.25, "boolAttr": false, "dateAttr": "2026-02-01T00:00:00Z",
        "exactStr": "B", "tags": ["c"],
    });
    f.probe_user("first", first).await;
    f.probe_user("second", second).await;
}

on_each_database! {
    async fn each_type_is_compared_in_its_own_way(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        two_probes(&f).await;
        for (filter, names) in [
            ("X:intAttr eq 9", &["first"][..]),
            ("X:intAttr eq 8", &[]),
            // As numbers and not as text, in which 10 comes before 9.
            ("X:intAttr lt 10", &["first"]),
            ("X:intAttr ge 10", &["second"]),
            ("X:intAttr gt 8.5", &["first", "second"]),
            ("X:decAttr eq 1.5", &["first"]),
            ("X:decAttr eq 1.50", &["first"]),
            ("X:decAttr eq 1.51", &[]),
            ("X:decAttr lt 0", &["second"]),
            ("X:decAttr le 1.5", &["first", "second"]),
            ("X:boolAttr eq true", &["first"]),
            ("X:boolAttr eq false", &["second"]),
            ("X:dateAttr eq \"2026-01-31T09:30:00+01:00\"", &["first"]),
            ("X:dateAttr eq \"2026-01-31T08:30:01Z\"", &[]),
            ("X:dateAttr gt \"2026-01-31T23:59:59Z\"", &["second"]),
            ("X:binAttr eq \"QUJDRA==\"", &["first"]),
            ("X:binAttr eq \"qujdra==\"", &[]),
            ("X:refAttr eq \"https://example.com/People/9\"", &["first"]),
            ("X:refAttr eq \"https://example.com/people/9\"", &[]),
            ("X:exactStr eq \"b\"", &["first"]),
            ("X:exactStr gt \"B\"", &["first"]),
            ("X:exactStr le \"B\"", &["second"]),
            ("X:tags eq \"b\"", &["first"]),
            ("X:tags eq \"B\"", &["first"]),
            ("X:tags eq \"d\"", &[]),
            ("X:tags[value eq \"c\"]", &["second"]),
            ("X:tags pr and not (X:tags eq \"c\")", &["first"]),
            ("X:intAttr eq null and title pr", &["bjensen"]),
        ] {
            expect_names(&f, &[(&x(filter), names)]).await;
        }
        let schemas = format!("schemas eq \"{PROBE}\"");
        expect_names(&f, &[(&schemas, &["first", "second"])]).await;
    }

    async fn what_does_not_fit_the_type_is_refused(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        for filter in [
            "X:intAttr sw \"1\"", "X:intAttr eq true", "X:intAttr eq \"nine\"", "X:decAttr co \"1\"",
            "X:boolAttr gt true", "X:binAttr lt \"a\"", "X:binAttr co \"a\"", "X:dateAttr eq \"soon\"",
            "X:dateAttr sw \"2026\"", "X:refAttr eq 5.5", "X:nothing pr",
        ] {
            expect_refused(&f, &[&x(filter)]).await;
        }
    }

    async fn what_may_only_be_written_cannot_be_found_out_and_what_is_sensitive_not_in_a_url(database: TestDatabase) {
        let f = Fixture::start_with_probe(database).await;
        two_probes(&f).await;
        f.probe_user("numbered", json!({ "ssn": "1" })).await;
        let mut answers = Vec::new();
        for value in ["hidden", "other"] {
            let refused = f.users_where(&x(&format!("X:woStr eq \"{value}\""))).await;
            expect_error(&refused, 403, "sensitive");
            answers.push(refused.body);
        }
        assert_eq!(answers[0], answers[1]);
        let filter = x("X:ssn eq \"1\"");
        let refused = f.users_where(&filter).await;
        expect_error(&refused, 403, "sensitive");
        assert_eq!(refused.body["status"], "403");
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter });
        let found = f.scim().post("/Users/.search", body).await.expect(200);
        assert_eq!(crate::fixture::user_names(&found), ["numbered"]);
    }
}
