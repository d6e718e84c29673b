//! The PATH of RFC 7644 §3.5.2: `attrPath / valuePath [subAttr]`.
//!
//! Erratum 7122 adds `attr eq value`, a comparison without brackets, for attributes whose
//! elements are plain values; it is read as the same with brackets.

use crate::attr::AttrPath;
use crate::error::ScimError;
use crate::filter::{self, Filter, Token};
use crate::schema::{Profile, ResourceType};

/// A path as the client wrote it. Its `Display` is path text again.
#[derive(Debug, PartialEq)]
pub struct Path {
    /// The attribute. With a condition, it has no sub-attribute of its own.
    pub attribute: AttrPath,
    /// What stands in the brackets.
    pub condition: Option<Filter>,
    /// The sub-attribute, with or without brackets before it.
    pub sub: Option<String>,
}

/// Reads a path.
///
/// # Errors
///
/// `invalidPath` if it is malformed, `invalidFilter` if only the condition is.
pub fn parse(text: &str, kind: &ResourceType) -> Result<Path, ScimError> {
    let malformed = || ScimError::invalid_path(format!("`{text}` is not a path"));
    if text.len() > filter::MAX_LENGTH {
        return Err(ScimError::invalid_path(format!(
            "the path is longer than {} bytes",
            filter::MAX_LENGTH
        )));
    }
    let tokens = filter::tokens(text).ok_or_else(malformed)?;
    let Some((Token::Word(name), rest)) = tokens.split_first() else {
        return Err(malformed());
    };
    let mut attribute = AttrPath::parse(name, &kind.urns()).map_err(|_not_a_name| malformed())?;
    let (condition, sub) = match rest {
        [] => (None, attribute.sub.take()),
        [Token::OpenBracket, rest @ ..] if attribute.sub.is_none() => {
            bracketed(rest, kind.profile).ok_or_else(malformed)??
        }
        [Token::Word(_), Token::Text(_) | Token::Word(_)] => {
            let name = attribute.sub.take().unwrap_or_else(|| "value".to_owned());
            let comparison = std::iter::once(Token::Word(&name))
                .chain(rest.iter().cloned())
                .collect::<Vec<_>>();
            (
                Some(filter::parse_condition(&comparison, kind.profile)?),
                None,
            )
        }
        _ => return Err(malformed()),
    };
    Ok(Path {
        attribute,
        condition,
        sub,
    })
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.attribute)?;
        if let Some(condition) = &self.condition {
            write!(f, "[{condition}]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

type Selection = (Option<Filter>, Option<String>);

/// What follows `attr[`: a condition, the closing bracket and perhaps `.sub`. `None` if the
/// brackets are malformed as such: an index, as in `emails[0]`, is no condition at all.
fn bracketed(tokens: &[Token<'_>], profile: Profile) -> Option<Result<Selection, ScimError>> {
    let close = tokens
        .iter()
        .rposition(|token| *token == Token::CloseBracket)?;
    let (condition, rest) = tokens.split_at_checked(close)?;
    if condition.len() < 2 {
        return None;
    }
    let sub = match rest {
        [_close] => None,
        [_close, Token::Word(word)] => {
            let path = AttrPath::parse(word.strip_prefix('.')?, &[]).ok()?;
            if path.schema.is_some() || path.sub.is_some() {
                return None;
            }
            Some(path.name)
        }
        _ => return None,
    };
    Some(filter::parse_condition(condition, profile).map(|condition| (Some(condition), sub)))
}
