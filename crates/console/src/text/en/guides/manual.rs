//! The guides as pages of the manual, so that it says what the portal shows.
//!
//! Compiled for the test alone: nothing that is served needs Markdown.

use std::fmt::Write;
use std::path::Path;

use super::{ALL, Guide, Step, Value, WHEN_REFUSED};
use crate::text::portal as p;

const GENERATED: &str = "<!-- Generated from what the setup portal shows: `make generate`. -->";

const OVERVIEW: &str = "What an administrator does at each identity provider, step by step. The [setup portal](../portal.md) \
shows the same with the customer's own address and token in the fields, and your product's name; a test keeps the two alike. \
*Product* stands for that name here, and *Tokens* and *Requests* are pages of the portal.

Before the first step there has to be a SCIM connection: somebody opens the portal and makes it there, or your \
product makes it by the [API](../integrating.md). It has an **endpoint URL** and a **token**, which is shown once.

A provider is known by its requests as soon as they come, whatever was chosen, and every provider's habits are understood at \
every connection ([what is put right](../scim.md)), but for one whose profile is `strict`. So a wrong choice here does no harm.
CyberArk, SailPoint, Duo, Rippling, authentik, Keycloak and Rauthy are known as well and have no guide of their own: take \
*Any other*.
";

/// One guide as Markdown.
fn page(guide: &Guide) -> String {
    let mut page = format!("# {}\n\n{GENERATED}\n\n", p::steps_at(guide));
    if !guide.limits.is_empty() {
        section(&mut page, p::IT_CAN_DO_LESS, guide.limits);
    }
    for (number, step) in (1..).zip(guide.steps) {
        let _ = write!(page, "## {number}. {}\n\n", fill(step.title));
        write_step(&mut page, step);
    }
    section(&mut page, p::FIRST_REQUEST, &[guide.first_request]);
    section(&mut page, p::HOW_LONG, &[guide.first_sync]);
    section(&mut page, p::LEAVERS, guide.leavers);
    section(&mut page, p::IF_REFUSED, &[guide.refused]);
    for text in WHEN_REFUSED {
        let _ = writeln!(page, "- {text}");
    }
    page.push('\n');
    section(&mut page, p::HABITS, guide.habits);
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn section(page: &mut String, title: &str, texts: &[&str]) {
    let _ = write!(page, "## {title}\n\n");
    for text in texts {
        let _ = write!(page, "{}\n\n", fill(text));
    }
}

fn write_step(page: &mut String, step: &Step) {
    if !step.menu.is_empty() {
        let menu: Vec<String> = step.menu.iter().map(|item| fill(item)).collect();
        let _ = write!(page, "{} *{}*\n\n", p::MENU_PATH, menu.join(" › "));
    }
    for text in step.text {
        let _ = write!(page, "{}\n\n", fill(text));
    }
    if !step.fields.is_empty() {
        page.push_str("| field | value |\n| --- | --- |\n");
        for field in step.fields {
            let value = match field.value {
                Value::EndpointUrl => "the endpoint URL of the connection".to_owned(),
                Value::Token => "the token of the connection".to_owned(),
                Value::Fixed(value) => format!("**{}**", cell(value)),
            };
            let _ = writeln!(page, "| {} | {value} |", cell(field.label));
        }
        page.push('\n');
    }
    if !step.mappings.is_empty() {
        let heads = [p::THEIRS_COLUMN, p::SCIM_COLUMN, p::NOTE_COLUMN];
        let _ = writeln!(page, "| {} |\n| --- | --- | --- |", heads.join(" | "));
        for mapping in step.mappings {
            let theirs = cell(mapping.theirs);
            let _ = writeln!(
                page,
                "| {theirs} | `{}` | {} |",
                mapping.scim,
                cell(mapping.note)
            );
        }
        let _ = write!(page, "\n{}\n\n", p::UNIQUE);
    }
    if !step.ticks.is_empty() {
        for tick in step.ticks {
            let state = if tick.on { p::TICK_ON } else { p::TICK_OFF };
            let why = match tick.why {
                "" => String::new(),
                why => format!(": {}", fill(why)),
            };
            let _ = writeln!(page, "- {state} **{}**{why}", fill(tick.label));
        }
        page.push('\n');
    }
    if let Some(note) = step.note {
        let _ = write!(page, "> {}\n\n", fill(note));
    }
}

fn fill(text: &str) -> String {
    text.replace("{product}", "Product")
}

/// A text that does not end the cell of a table it stands in.
fn cell(text: &str) -> String {
    fill(text).replace('|', "\\|")
}

fn overview() -> String {
    let mut page =
        format!("# Setup guides\n\n{GENERATED}\n\n{OVERVIEW}\n| provider | |\n| --- | --- |\n");
    for guide in ALL {
        let _ = writeln!(
            page,
            "| [{}]({}.md) | {} |",
            guide.name, guide.kind, guide.hint
        );
    }
    page
}

#[test]
fn the_generated_setup_guides_are_what_the_portal_shows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides");
    let guides = ALL.map(|guide| (format!("{}.md", guide.kind), page(guide)));
    let overview = ("README.md".to_owned(), overview());
    for (name, text) in guides.into_iter().chain([overview]) {
        let file = folder.join(&name);
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &text).unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(written, text, "docs/guides/{name}: run `make generate`");
    }
}
