//! axe-core on every page: no violation of WCAG 2.0, 2.1 and 2.2, levels A and AA, in light and
//! dark, on a desk and on a phone. Nothing is wider than the screen either, asks for what the
//! Content-Security-Policy forbids, or fails in the script.

use std::path::Path;

use rollcall_testkit::block_on;
use serde_json::Value;

use crate::chromium::{Chromium, Script, VIEWS, View};
use crate::pages::{BEFORE_ENTERING, BEFORE_SIGNING_IN, CONSOLE, PORTAL, Page};
use crate::world::World;

/// Stands before the rules, so that a page that is loaded is watched from its beginning.
const WATCH: &str = r#"
    window.broken = [];
    addEventListener("securitypolicyviolation", (it) => broken.push(`forbidden: ${it.violatedDirective} ${it.blockedURI}`));
    addEventListener("error", (it) => broken.push(`failed: ${it.message}`));
"#;

/// What has been forbidden or has failed since it was asked last.
const BROKEN: &str = "return window.broken.splice(0);";

/// Runs the rules, and gives back each violation as one line.
const RUN: &str = r#"
    for (const closed of document.querySelectorAll("details:not([open])")) closed.open = true;
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    return axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] })
        .then((found) => found.violations.flatMap((rule) =>
            rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`)));
"#;

/// What is wider than the page, from the outside in.
const TOO_WIDE: &str = r#"
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")]
        .filter((it) => it.getBoundingClientRect().right > width + 1 && !it.closest(".scroll, .tabs, pre, .unseen, .skip"))
        .map((it) => `wider than the screen: ${it.tagName} ${it.className} ${it.textContent.trim().slice(0, 60)}`)
        .concat([`wider than the screen: ${document.documentElement.scrollWidth}`]);
"#;

fn rules() -> String {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/browser/node_modules/axe-core/axe.min.js"
    );
    let axe = std::fs::read_to_string(Path::new(file))
        .unwrap_or_else(|error| panic!("{file}: {error}; run scripts/install-browser"));
    format!("{WATCH}{axe}")
}

/// What is wrong with the page that a browser shows.
async fn wrong_with(browser: &Chromium, page: &Page, view: View) -> Vec<String> {
    browser.look(view).await;
    let mut lines = Vec::new();
    for script in [RUN, TOO_WIDE, BROKEN] {
        let Value::Array(found) = browser.evaluate(script).await else {
            panic!("{}: no list from {script}", page.name);
        };
        lines.extend(
            found
                .iter()
                .map(|line| format!("{} ({}): {line}", page.name, view.name)),
        );
    }
    lines
}

async fn look_at(browser: &Chromium, world: &World, pages: &[Page]) -> Vec<String> {
    let mut wrong = Vec::new();
    for page in pages {
        page.open(browser, world).await;
        for view in VIEWS {
            wrong.extend(wrong_with(browser, page, view).await);
        }
    }
    wrong
}

#[test]
fn no_page_of_the_console_breaks_a_rule_of_level_a_or_aa() {
    block_on(async {
        let (world, browser) = (World::begin().await, Chromium::start(Script::On).await);
        browser.begin_pages_with(&rules()).await;
        let mut wrong = look_at(&browser, &world, BEFORE_SIGNING_IN).await;
        world.sign_in(&browser).await;
        wrong.extend(look_at(&browser, &world, CONSOLE).await);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        browser.quit().await;
        world.end().await;
    });
}

#[test]
fn no_page_of_the_portal_breaks_a_rule_of_level_a_or_aa() {
    block_on(async {
        let (world, browser) = (World::begin().await, Chromium::start(Script::On).await);
        browser.begin_pages_with(&rules()).await;
        let mut wrong = look_at(&browser, &world, BEFORE_ENTERING).await;
        world.enter(&browser).await;
        wrong.extend(look_at(&browser, &world, PORTAL).await);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        browser.quit().await;
        world.end().await;
    });
}
