//! Filter text cut into words, quoted texts and brackets.
//!
//! A stage of its own so that the parser can name the word it did not expect, and so that a
//! bracket inside a quoted text is never taken for one.

use winnow::ascii::multispace0;
use winnow::combinator::{alt, delimited, preceded, repeat, terminated};
use winnow::prelude::*;
use winnow::token::{any, none_of, take_while};

/// One piece of a filter or PATCH path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// A path, operator, keyword or unquoted literal.
    Word(&'t str),
    /// A quoted text, with its escapes resolved.
    Text(String),
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OpenParen => f.write_str("("),
            Self::CloseParen => f.write_str(")"),
            Self::OpenBracket => f.write_str("["),
            Self::CloseBracket => f.write_str("]"),
            Self::Word(word) => f.write_str(word),
            // Values are personal data, and what is printed here ends up in logs.
            Self::Text(_) => f.write_str("\"…\""),
        }
    }
}

/// All tokens of the text. `None` if a quoted text does not end or is no JSON string; every
/// other text can be cut up.
pub(crate) fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let all = repeat(0.., terminated(token, multispace0));
    preceded(multispace0, all).parse(text).ok()
}

fn token<'t>(input: &mut &'t str) -> ModalResult<Token<'t>> {
    alt((
        '('.value(Token::OpenParen),
        ')'.value(Token::CloseParen),
        '['.value(Token::OpenBracket),
        ']'.value(Token::CloseBracket),
        quoted.map(Token::Text),
        take_while(1.., is_word).map(Token::Word),
    ))
    .parse_next(input)
}

fn is_word(char: char) -> bool {
    !char.is_ascii_whitespace() && !matches!(char, '(' | ')' | '[' | ']' | '"')
}

/// A JSON string. Where it ends is found here; what it says is left to `serde_json`.
fn quoted(input: &mut &str) -> ModalResult<String> {
    let piece = alt((none_of(['"', '\\']).void(), ('\\', any).void()));
    delimited('"', repeat::<_, _, (), _, _>(0.., piece), '"')
        .take()
        .verify_map(|text: &str| serde_json::from_str(text).ok())
        .parse_next(input)
}
