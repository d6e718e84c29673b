//! A result as text for the terminal.

use std::fmt::Write;

use crate::result::{Cell, Figure, SectionResult, Table, Target};

/// A number with as many digits as say something.
#[must_use]
pub fn number(value: f64) -> String {
    let size = value.abs();
    let text = if size >= 100.0 {
        grouped(value)
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    };
    // What is rounded to nothing has no sign.
    if text == "-0.00" {
        "0.00".to_owned()
    } else {
        text
    }
}

/// A whole number with commas between its thousands.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 {
        format!("-{text}")
    } else {
        text
    }
}

/// A cell as it is shown.
#[must_use]
pub fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Number(value) => number(*value),
        Cell::Text(text) => text.clone(),
        Cell::Nothing => "–".to_owned(),
    }
}

/// A figure's value with its unit.
#[must_use]
pub fn value(figure: &Figure) -> String {
    format!("{} {}", number(figure.value), figure.unit)
}

/// A figure's target; empty if it has none.
#[must_use]
pub fn target(figure: &Figure) -> String {
    match figure.target {
        Some(Target::AtMost(limit)) => format!("≤ {}", number(limit)),
        Some(Target::AtLeast(limit)) => format!("≥ {}", number(limit)),
        None => String::new(),
    }
}

/// Whether a figure keeps to its target; empty if it has none.
#[must_use]
pub fn verdict(figure: &Figure) -> &'static str {
    match figure.good {
        Some(true) => "good",
        Some(false) => "MISSED",
        None => "",
    }
}

/// A section for the terminal.
#[must_use]
pub fn text(section: &SectionResult) -> String {
    let mut text = format!("\n{}\n", section.name);
    let figures: Vec<Vec<String>> = section
        .figures
        .iter()
        .map(|figure| {
            let verdict = verdict(figure).to_owned();
            vec![figure.name.clone(), value(figure), target(figure), verdict]
        })
        .collect();
    aligned(&mut text, &figures);
    for Table {
        title,
        columns,
        rows,
    } in &section.tables
    {
        // Writing into a `String` does not fail.
        let _ = write!(text, "\n  {title}\n");
        let mut lines = vec![columns.clone()];
        lines.extend(rows.iter().map(|row| row.iter().map(cell).collect()));
        aligned(&mut text, &lines);
    }
    text
}

fn aligned(text: &mut String, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        text.push_str("  ");
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_say_something() {
        let shown = [0.353, 12.34, 69.96, 123.4, 26_412.0, 1_200_000.0, -0.001].map(number);
        let expected = ["0.35", "12.3", "70.0", "123", "26,412", "1,200,000", "0.00"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_text_shows_values_targets_and_what_was_missed() {
        let mut section = SectionResult::of("limits");
        section.figures = vec![
            Figure::new("CPU of get_user", 71.25, "µs").at_most(70.0),
            Figure::new("get_user", 0.4, "×").at_least(0.35),
            Figure::new("RSS", 30.0, "MiB"),
        ];
        section.tables.push(Table {
            title: "Rates".to_owned(),
            columns: vec!["workload".to_owned(), "1 client".to_owned()],
            rows: vec![vec!["get_user".into(), 5_000.0.into()]],
        });

        let expected = "
limits
  CPU of get_user  71.2 µs   ≤ 70.0  MISSED
  get_user         0.40 ×    ≥ 0.35  good
  RSS              30.0 MiB

  Rates
  workload  1 client
  get_user  5,000
";
        assert_eq!(text(&section), expected);
    }
}
