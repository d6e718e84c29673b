//! The page of the manual that says how large an installation may be: words from a template, and every
//! figure in them from the JSON of a run.

use crate::page::machine;
use crate::report::{cell, number, value};
use crate::result::{Cell, Report};

/// The words. Figures stand in braces:
///
/// | in braces | is |
/// | --- | --- |
/// | `machine` | where it was measured |
/// | `figure NAME` | a figure with its unit |
/// | `core FIGURE` | roughly how many a second one core does, from a figure in µs of CPU |
/// | `cell TITLE; ROW; COLUMN` | a cell of the table with that title; a row is told by its first cells, with commas |
const TEMPLATE: &str = include_str!("scaling.md");

/// The page for a run.
///
/// # Errors
///
/// The braces that name nothing in the run.
pub fn scaling(report: &Report) -> Result<String, String> {
    let mut page = String::new();
    let mut parts = TEMPLATE.split('{');
    page.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (asked, words) = part.split_once('}').ok_or_else(|| part.to_owned())?;
        page.push_str(&answer(report, asked).ok_or_else(|| asked.to_owned())?);
        page.push_str(words);
    }
    Ok(page)
}

fn answer(report: &Report, asked: &str) -> Option<String> {
    let figure = |name: &str| {
        let mut figures = report.sections.iter().flat_map(|section| &section.figures);
        figures.find(|figure| figure.name == name)
    };
    match asked.split_once(' ') {
        None if asked == "machine" => Some(machine(report)),
        Some(("figure", name)) => figure(name).map(value),
        Some(("core", name)) => {
            let figure = figure(name).filter(|figure| figure.unit == "µs")?;
            Some(number(rough(1_000_000.0 / figure.value)))
        }
        Some(("cell", place)) => {
            let mut place = place.split("; ");
            let (title, row, column) = (place.next()?, place.next()?, place.next()?);
            let mut tables = report.sections.iter().flat_map(|section| &section.tables);
            let table = tables.find(|table| table.title == title)?;
            let column = table.columns.iter().position(|name| name == column)?;
            let wanted: Vec<&str> = row.split(", ").collect();
            let row = table.rows.iter().find(|row| begins(row, &wanted))?;
            row.get(column).map(cell)
        }
        _ => None,
    }
}

/// With two digits that say something: it is a conclusion and no measurement.
fn rough(value: f64) -> f64 {
    let unit = 10_f64.powf(value.log10().floor() - 1.0);
    (value / unit).round() * unit
}

fn begins(row: &[Cell], wanted: &[&str]) -> bool {
    let mut cells = row.iter().zip(wanted);
    row.len() >= wanted.len()
        && cells.all(|(cell, wanted)| matches!(cell, Cell::Text(text) if text == wanted))
}
