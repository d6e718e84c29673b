//! The filter language of RFC 7644 §3.4.2.2: text in, syntax tree out.
//!
//! Two types mark two stages. [`Filter`] is what the client wrote. [`CheckedFilter`] has
//! been compared with a resource type: every path exists, every operator fits its type and
//! every literal has the right form. Only the second can be evaluated or become SQL, so an
//! unknown attribute reaches neither.
//!
//! The grammar is the RFC's with its errata: `not` binds before `and`, `and` before `or`
//! (4670); inside `[ ]` the same operators work, but brackets do not nest (4690, 7322).
//! Beyond it, `emails[type eq "work"].value eq "x"` is read as one element that satisfies
//! both, since Entra ID matches users that way, and [`Quirk`](crate::Quirk) lists the rest.
//!
//! The limits [`MAX_LENGTH`], [`MAX_COMPARISONS`] and [`MAX_DEPTH`] make a hostile filter
//! an error before it costs anything, and recursion safe.

mod across;
mod address;
mod check;
mod compare;
mod display;
mod evaluate;
mod mention;
mod parse;
pub mod search;
#[cfg(test)]
mod tests;
mod token;

pub use across::check_across;
pub(crate) use check::check_element;
pub use check::{CheckedFilter, check};
pub(crate) use compare::{equal, is_empty};
pub(crate) use evaluate::element_matches;
pub use parse::parse;
pub(crate) use parse::parse_condition;
pub use search::SearchKey;
pub(crate) use token::{Token, tokens};

use crate::attr::AttrPath;

/// Longest filter in bytes.
pub const MAX_LENGTH: usize = 8 * 1024;
/// Most comparisons (`pr` included) in one filter.
pub const MAX_COMPARISONS: usize = 100;
/// Deepest nesting of parentheses and brackets.
pub const MAX_DEPTH: usize = 64;

/// A filter as the client wrote it. Its `Display` is filter text again.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Both hold.
    And(Box<Filter>, Box<Filter>),
    /// At least one holds.
    Or(Box<Filter>, Box<Filter>),
    /// It does not hold. Logic is two-valued, so this is plain negation.
    Not(Box<Filter>),
    /// `title pr`: the attribute has a value.
    Present(AttrPath),
    /// `userName eq "bjensen"`.
    Compare {
        /// What is compared. Inside brackets, a sub-attribute.
        path: AttrPath,
        /// How.
        op: CompareOp,
        /// With what.
        value: Literal,
    },
    /// `emails[type eq "work"]`: the inner filter sees one element at a time.
    AnyElement {
        /// A multi-valued attribute.
        path: AttrPath,
        /// Holds for at least one element.
        matching: Box<Filter>,
    },
}

/// A comparison operator (RFC 7644 §3.4.2.2, table 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// Not equal: the negation of `eq`, so true if the attribute has no value.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
}

impl CompareOp {
    const ALL: [Self; 9] = [
        Self::Eq,
        Self::Ne,
        Self::Co,
        Self::Sw,
        Self::Ew,
        Self::Gt,
        Self::Ge,
        Self::Lt,
        Self::Le,
    ];

    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// The operator of that name, ignoring case.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|op| word.eq_ignore_ascii_case(op.as_str()))
    }
}

/// A value in a filter: a JSON literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`: unassigned.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(serde_json::Number),
    /// Text in double quotes.
    Text(String),
}
