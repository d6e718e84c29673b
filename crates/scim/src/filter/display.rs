//! A syntax tree back to text, with no more parentheses than the tree needs. What is
//! printed parses to the same tree.

use std::fmt::{Display, Formatter, Result};

use super::{Filter, Literal};

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            // `and` and `or` group to the left, so the same operator needs parentheses on
            // the right alone.
            Self::And(left, right) => {
                grouped(left, matches!(**left, Self::Or(..)), f)?;
                f.write_str(" and ")?;
                grouped(right, matches!(**right, Self::And(..) | Self::Or(..)), f)
            }
            Self::Or(left, right) => {
                left.fmt(f)?;
                f.write_str(" or ")?;
                grouped(right, matches!(**right, Self::Or(..)), f)
            }
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Compare { path, op, value } => write!(f, "{path} {} {value}", op.as_str()),
            Self::AnyElement { path, matching } => write!(f, "{path}[{matching}]"),
        }
    }
}

fn grouped(filter: &Filter, parentheses: bool, f: &mut Formatter<'_>) -> Result {
    if parentheses {
        write!(f, "({filter})")
    } else {
        filter.fmt(f)
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => serde_json::Value::from(text.as_str()).fmt(f),
        }
    }
}
