//! The page of the manual: figures from the JSON of a run, words from a template. No figure is
//! written by hand.

use std::fmt::Write;

use crate::machine::Machine;
use crate::report::{cell, number, target, value, verdict};
use crate::result::{Cell, Report, SectionResult, Table};

/// The words around the figures: a heading and a paragraph for each section, after `{name}` the
/// figures of that section, and after `{machine}` where they were measured.
const TEMPLATE: &str = include_str!("performance.md");

/// The page for a run. A section that was not measured says so.
#[must_use]
pub fn page(report: &Report) -> String {
    let mut page = String::new();
    for line in TEMPLATE.lines() {
        match line
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        {
            Some("machine") => page.push_str(&machine(report)),
            Some(name) => page.push_str(&section(report, name)),
            None => {
                page.push_str(line);
                page.push('\n');
            }
        }
    }
    page
}

/// Where a run was.
pub(crate) fn machine(report: &Report) -> String {
    let Machine {
        cpu,
        cores,
        memory_mib,
        kernel,
        postgres,
        fsync,
        rollcall,
        date,
    } = &report.machine;
    let mut text = format!(
        "| | |\n| --- | --- |\n\
         | processor | {cpu}, {cores} cores, shared by client, gateway and database |\n\
         | memory | {} MiB |\n\
         | system | {kernel} |\n\
         | PostgreSQL | {postgres}, fsync {fsync} |\n\
         | Rollcall | {rollcall} |\n\
         | day | {date} |\n",
        number(*memory_mib as f64),
    );
    if report.quick {
        text.push_str(
            "\nThis was a quick run: sizes and times are cut down, and targets do not count.\n",
        );
    }
    text
}

fn section(report: &Report, name: &str) -> String {
    let Some(section) = report.sections.iter().find(|section| section.name == name) else {
        return "Not measured in this run.\n".to_owned();
    };
    let SectionResult {
        figures, tables, ..
    } = section;
    let mut text = String::new();
    if !figures.is_empty() {
        let rows = figures.iter().map(|figure| {
            let verdict = verdict(figure).to_owned();
            vec![figure.name.clone(), value(figure), target(figure), verdict]
        });
        let head = ["figure", "measured", "target", ""].map(str::to_owned);
        text.push_str(&markdown(&head, &[false, true, true, false], rows));
    }
    for Table {
        title,
        columns,
        rows,
    } in tables
    {
        // A column is one of numbers if its first cell is.
        let right: Vec<bool> = (0..columns.len())
            .map(|column| {
                let cells = rows.iter().filter_map(|row| row.get(column));
                cells.clone().any(|cell| matches!(cell, Cell::Number(_)))
            })
            .collect();
        let rows = rows.iter().map(|row| row.iter().map(cell).collect());
        // Writing into a `String` does not fail.
        let _ = write!(text, "\n{title}:\n\n{}", markdown(columns, &right, rows));
    }
    text
}

fn markdown(columns: &[String], right: &[bool], rows: impl Iterator<Item = Vec<String>>) -> String {
    let dashes = right
        .iter()
        .map(|right| if *right { "---:" } else { "---" });
    let dashes: Vec<&str> = dashes.collect();
    let mut text = format!("| {} |\n| {} |\n", columns.join(" | "), dashes.join(" | "));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::Figure;
    use crate::sections::Section;
    use clap::ValueEnum;

    fn report() -> Report {
        let mut section = SectionResult::of("requests");
        section.figures = vec![
            Figure::new("get_user: gateway CPU", 61.25, "µs").at_most(70.0),
            Figure::new("full sync", 1.25, "s"),
        ];
        section.tables.push(Table {
            title: "Rates".to_owned(),
            columns: vec!["request".to_owned(), "requests/s".to_owned()],
            rows: vec![
                vec!["get_user".into(), 12_345.0.into()],
                vec!["b".into(), None.into()],
            ],
        });
        Report {
            machine: Machine::here("15".to_owned(), "on".to_owned()),
            quick: false,
            sections: vec![section],
        }
    }

    #[test]
    fn a_section_is_shown_with_its_targets_and_tables() {
        let expected = "\
| figure | measured | target |  |
| --- | ---: | ---: | --- |
| get_user: gateway CPU | 61.2 µs | ≤ 70.0 | good |
| full sync | 1.25 s |  |  |

Rates:

| request | requests/s |
| --- | ---: |
| get_user | 12,345 |
| b | – |
";
        assert_eq!(section(&report(), "requests"), expected);
        assert_eq!(section(&report(), "growth"), "Not measured in this run.\n");
    }

    #[test]
    fn the_page_has_a_place_for_every_section() {
        for section in Section::value_variants() {
            let value = section.to_possible_value().unwrap();
            let place = format!("\n{{{}}}\n", value.get_name());
            assert!(TEMPLATE.contains(&place), "{place:?}");
        }
        assert!(!page(&report()).contains('{'));
    }
}
