//! The pages of the manual are what the committed result of a run gives.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test that called it"
)]

use std::path::Path;

use rollcall_bench::page::page;
use rollcall_bench::result::Report;
use rollcall_bench::scaling::scaling;

fn report() -> Report {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let result = std::fs::read_to_string(root.join("results/latest.json")).unwrap();
    serde_json::from_str(&result).unwrap()
}

fn check(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, text, "run `make generate`");
}

#[test]
fn the_page_of_performance_is_generated() {
    check("performance.md", &page(&report()));
}

#[test]
fn the_page_of_scaling_is_generated_and_every_figure_in_it_was_measured() {
    check("scaling.md", &scaling(&report()).unwrap());
}

#[test]
fn a_figure_that_was_not_measured_is_named() {
    let mut report = report();
    report.sections.retain(|section| section.name != "replicas");
    let missing = scaling(&report).unwrap_err();
    assert!(
        missing.starts_with("figure a token is revoked"),
        "{missing}"
    );
}
