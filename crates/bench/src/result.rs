//! What a run found, for people and for programs.
//!
//! A section gives figures, which may have targets, and tables, which have none. Nothing else is
//! written down: the page in the manual, the text at the terminal and the JSON are made from it.

use serde::{Deserialize, Serialize};

use crate::machine::Machine;

/// A whole run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Where it was.
    pub machine: Machine,
    /// Whether sizes and times were cut down, so that the targets do not count.
    pub quick: bool,
    /// What was found, in the order it was measured.
    pub sections: Vec<SectionResult>,
}

/// What one section found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SectionResult {
    /// The section's name, as `--only` takes it.
    pub name: String,
    /// Single numbers.
    pub figures: Vec<Figure>,
    /// Many numbers beside each other.
    pub tables: Vec<Table>,
}

/// A number with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is, in words.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what: `µs`, `MiB`, `requests/s`; `×` for a ratio.
    pub unit: String,
    /// What it has to keep to, if anything.
    pub target: Option<Target>,
    /// Whether it does; `None` without a target.
    pub good: Option<bool>,
}

/// A limit of a figure, which still counts as kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The most that it may be.
    AtMost(f64),
    /// The least that it has to be.
    AtLeast(f64),
}

impl Figure {
    /// A figure without a target.
    pub fn new(name: impl Into<String>, value: f64, unit: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value,
            unit: unit.into(),
            target: None,
            good: None,
        }
    }

    /// The same with a limit above.
    #[must_use]
    pub fn at_most(mut self, limit: f64) -> Self {
        self.target = Some(Target::AtMost(limit));
        self.good = Some(self.value <= limit);
        self
    }

    /// The same with a limit below.
    #[must_use]
    pub fn at_least(mut self, limit: f64) -> Self {
        self.target = Some(Target::AtLeast(limit));
        self.good = Some(self.value >= limit);
        self
    }
}

/// Rows of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// The heads of its columns.
    pub columns: Vec<String>,
    /// Its rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// Words.
    Text(String),
    /// Nothing was measured here.
    Nothing,
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Nothing, Self::Number)
    }
}

impl SectionResult {
    /// An empty result.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Whether every target is kept.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.figures.iter().all(|figure| figure.good != Some(false))
    }
}

impl Report {
    /// Whether every target of every section is kept.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.sections.iter().all(SectionResult::is_good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_at_its_limit_is_good_and_one_beyond_is_not() {
        let figure = |value| Figure::new("CPU", value, "µs");
        assert_eq!(figure(70.0).at_most(70.0).good, Some(true));
        assert_eq!(figure(70.1).at_most(70.0).good, Some(false));
        assert_eq!(figure(0.5).at_least(0.5).good, Some(true));
        assert_eq!(figure(0.49).at_least(0.5).good, Some(false));
        assert_eq!(figure(0.49).good, None);
    }

    #[test]
    fn a_result_survives_its_json() {
        let mut result = SectionResult::of("limits");
        result.figures.push(Figure::new("a", 1.5, "×").at_most(1.3));
        result.tables.push(Table {
            title: "b".to_owned(),
            columns: vec!["c".to_owned(); 3],
            rows: vec![vec!["d".into(), 2.0.into(), None.into()]],
        });
        let json = serde_json::to_string(&result).unwrap();
        assert_eq!(
            serde_json::from_str::<SectionResult>(&json).unwrap(),
            result
        );
        assert!(!result.is_good());
    }
}
