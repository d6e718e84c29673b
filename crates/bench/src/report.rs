//! What was measured, for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::measure::{Measurement, TARGET};

/// A table.
#[must_use]
pub fn table(measurements: &[Measurement]) -> String {
    let rows: Vec<[String; 5]> = measurements
        .iter()
        .map(|found| {
            [
                format!("{}, {}", found.name, found.database),
                format!("{}: {:.0} µs", found.large, found.large_micros),
                format!("{}: {:.0} µs", found.small, found.small_micros),
                format!("{:.2}", found.ratio()),
                if found.is_good() { "good" } else { "TOO MUCH" }.to_owned(),
            ]
        })
        .collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        for (width, cell) in widths.iter().zip(row) {
            // Writing into a `String` does not fail.
            let _ = write!(text, "{cell:width$}  ");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "Medians of {} rounds; a ratio over {TARGET} is too much.",
        measurements.first().map_or(0, |found| found.rounds)
    );
    text
}

/// The same as JSON.
#[must_use]
pub fn json(measurements: &[Measurement]) -> Value {
    let rows: Vec<Value> = measurements
        .iter()
        .map(|found| {
            json!({
                "name": found.name,
                "database": found.database,
                "large": { "what": found.large, "median_micros": found.large_micros },
                "small": { "what": found.small, "median_micros": found.small_micros },
                "ratio": found.ratio(),
                "rounds": found.rounds,
                "good": found.is_good(),
            })
        })
        .collect();
    json!({ "target": TARGET, "measurements": rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Vec<Measurement> {
        let one = |large_micros, database| Measurement {
            name: "look-up".to_owned(),
            database,
            large: "among 10".to_owned(),
            small: "among 1".to_owned(),
            large_micros,
            small_micros: 200.0,
            rounds: 3,
        };
        vec![one(210.0, "SQLite"), one(1300.0, "PostgreSQL")]
    }

    #[test]
    fn the_table_shows_medians_and_ratios() {
        let expected = "\
look-up, SQLite      among 10: 210 µs   among 1: 200 µs  1.05  good
look-up, PostgreSQL  among 10: 1300 µs  among 1: 200 µs  6.50  TOO MUCH
Medians of 3 rounds; a ratio over 1.3 is too much.
";
        assert_eq!(table(&found()), expected);
    }

    #[test]
    fn the_json_says_which_are_good() {
        let json = json(&found());
        assert_eq!(json["measurements"][0]["good"], true);
        assert_eq!(json["measurements"][1]["ratio"], 6.5);
    }
}
