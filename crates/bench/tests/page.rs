//! The page of the manual is what the committed result of a run gives.

use std::path::Path;

use rollcall_bench::page::page;
use rollcall_bench::result::Report;

#[test]
fn the_page_of_performance_is_generated() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let result = std::fs::read_to_string(root.join("results/latest.json")).unwrap();
    let report: Report = serde_json::from_str(&result).unwrap();
    let text = page(&report);
    let file = root.join("../../docs/performance.md");
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, text, "run `make generate`");
}
