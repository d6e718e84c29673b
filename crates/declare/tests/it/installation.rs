//! What tests do with an installation.

use std::path::Path;

use rollcall_declare::{Api, ExportOptions, File, Options, Outcome, Plan, Shown};
use rollcall_testkit::TestApp;
use serde_json::Value;

pub(crate) fn api(app: &TestApp) -> Api {
    let key = app.api.bearer().unwrap().to_owned();
    Api::new(app.api.base(), key.into()).unwrap()
}

pub(crate) fn read(text: &str) -> File {
    match File::read(text, Path::new(".")) {
        Ok(file) => file,
        Err(error) => panic!("{error} in:\n{text}"),
    }
}

/// The plan for a file.
pub(crate) async fn plan(app: &TestApp, text: &str, options: &Options) -> Plan {
    let made = rollcall_declare::make(&api(app), &read(text), options, || {}).await;
    made.unwrap()
}

/// The plan as people read it.
pub(crate) fn shown(plan: &Plan) -> String {
    let file = "setup.toml";
    Shown { plan, file }.to_string()
}

/// Applies a file, and says what was planned and what came of it.
pub(crate) async fn apply_with(app: &TestApp, text: &str, options: &Options) -> (Plan, Outcome) {
    let (api, file) = (api(app), read(text));
    let plan = rollcall_declare::make(&api, &file, options, || {})
        .await
        .unwrap();
    let problems: Vec<_> = plan.problems().collect();
    assert!(problems.is_empty(), "{problems:?}");
    let outcome = rollcall_declare::apply(&api, &file, &plan, (options, false), || {}).await;
    (plan, outcome)
}

/// Applies a file, which must go well.
pub(crate) async fn apply(app: &TestApp, text: &str, options: &Options) -> Plan {
    let (plan, outcome) = apply_with(app, text, options).await;
    assert!(
        outcome.failures.is_empty(),
        "{:?} in:\n{text}",
        outcome.failures
    );
    assert_eq!(outcome.done, plan.steps().count());
    plan
}

/// What is there, as a file.
pub(crate) async fn export(app: &TestApp, with_defaults: bool) -> String {
    let options = ExportOptions {
        only: Vec::new(),
        with_defaults,
        concurrency: 4,
    };
    let mut text = String::new();
    let write = |piece: &str| {
        text.push_str(piece);
        Ok(())
    };
    rollcall_declare::export(&api(app), &options, write, || {})
        .await
        .unwrap();
    text
}

/// How many events and audit rows there are.
pub(crate) async fn traces(app: &TestApp) -> (usize, usize) {
    let count = async |path: &str| {
        let (mut count, mut after) = (0, String::new());
        loop {
            let page = app
                .api
                .get(&format!("{path}?limit=500{after}"))
                .await
                .expect(200);
            let data = page.body["data"].as_array().unwrap().len();
            count += data;
            match (&page.body["next_cursor"], data) {
                (Value::String(cursor), 1..) => after = format!("&after={cursor}"),
                _ => return count,
            }
        }
    };
    (count("/v1/events").await, count("/v1/audit-log").await)
}
