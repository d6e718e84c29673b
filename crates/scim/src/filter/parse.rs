//! Text to syntax tree, by recursive descent: one method per level of precedence.

use super::token::{Token, tokens};
use super::{CompareOp, Filter, Literal, MAX_COMPARISONS, MAX_DEPTH, MAX_LENGTH};
use crate::attr::AttrPath;
use crate::error::ScimError;
use crate::quirks::{number_text, unquoted_word};
use crate::schema::{Profile, ResourceType};

/// Reads a filter. The resource type is needed only to tell where a URN in front of an
/// attribute ends; [`check`](super::check) finds out whether the attributes exist.
///
/// # Errors
///
/// `invalidFilter` if the text is no filter or passes a limit of this module.
pub fn parse(text: &str, kind: &ResourceType) -> Result<Filter, ScimError> {
    if text.len() > MAX_LENGTH {
        return Err(ScimError::invalid_filter(format!(
            "the filter is longer than {MAX_LENGTH} bytes"
        )));
    }
    let tokens = tokens(text).ok_or_else(|| {
        ScimError::invalid_filter("a text in double quotes does not end or is no JSON string")
    })?;
    let urns = kind.urns();
    Parser::new(&tokens, &urns, Place::Resource, kind.profile).whole()
}

/// Reads what stands between the brackets of a PATCH path.
///
/// # Errors
///
/// `invalidFilter`, as [`parse`].
pub(crate) fn parse_condition(tokens: &[Token<'_>], profile: Profile) -> Result<Filter, ScimError> {
    Parser::new(tokens, &[], Place::Element, profile).whole()
}

/// What the names in a filter belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Resource,
    /// Inside `[ ]`: one element of a multi-valued attribute.
    Element,
}

struct Parser<'p, 't> {
    tokens: std::iter::Peekable<std::slice::Iter<'p, Token<'t>>>,
    urns: &'p [&'p str],
    place: Place,
    profile: Profile,
    depth: usize,
    comparisons: usize,
}

impl<'p, 't> Parser<'p, 't> {
    fn new(tokens: &'p [Token<'t>], urns: &'p [&'p str], place: Place, profile: Profile) -> Self {
        Self {
            tokens: tokens.iter().peekable(),
            urns,
            place,
            profile,
            depth: 0,
            comparisons: 0,
        }
    }

    fn whole(mut self) -> Result<Filter, ScimError> {
        let filter = self.or()?;
        match self.tokens.next() {
            None => Ok(filter),
            Some(token) => Err(unexpected(token, "`and`, `or` or the end of the filter")),
        }
    }

    fn or(&mut self) -> Result<Filter, ScimError> {
        let mut filter = self.and()?;
        while self.eat_word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.and()?));
        }
        Ok(filter)
    }

    fn and(&mut self) -> Result<Filter, ScimError> {
        let mut filter = self.term()?;
        while self.eat_word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.term()?));
        }
        Ok(filter)
    }

    fn term(&mut self) -> Result<Filter, ScimError> {
        match self.tokens.next() {
            Some(Token::OpenParen) => self.parenthesized(),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("not") => {
                match self.tokens.next() {
                    Some(Token::OpenParen) => Ok(Filter::Not(Box::new(self.parenthesized()?))),
                    _ => Err(ScimError::invalid_filter(
                        "`not` needs parentheses, as in `not (title pr)`",
                    )),
                }
            }
            Some(Token::Word(word)) => {
                let path = self.path(word)?;
                if self.eat(&Token::OpenBracket) {
                    self.any_element(path)
                } else {
                    self.comparison(path)
                }
            }
            Some(token) => Err(unexpected(token, "an attribute")),
            None => Err(ends_where("an attribute")),
        }
    }

    fn parenthesized(&mut self) -> Result<Filter, ScimError> {
        let filter = self.nested(Self::or)?;
        self.expect(&Token::CloseParen)?;
        Ok(filter)
    }

    /// After `emails[`. A sub-attribute behind the bracket is one more condition on the
    /// same element.
    fn any_element(&mut self, path: AttrPath) -> Result<Filter, ScimError> {
        if self.place == Place::Element {
            return Err(ScimError::invalid_filter(
                "brackets cannot stand inside brackets",
            ));
        }
        if path.sub.is_some() {
            return Err(ScimError::invalid_filter(format!(
                "`{path}[` has brackets after a sub-attribute"
            )));
        }
        self.place = Place::Element;
        let mut matching = self.nested(Self::or)?;
        self.expect(&Token::CloseBracket)?;
        if let Some(Token::Word(word)) = self.tokens.peek()
            && let Some(sub) = word.strip_prefix('.')
            && self.profile == Profile::Compat
        {
            self.tokens.next();
            let sub = self.path(sub)?;
            let condition = self.comparison(sub)?;
            matching = Filter::And(Box::new(matching), Box::new(condition));
        }
        self.place = Place::Resource;
        Ok(Filter::AnyElement {
            path,
            matching: Box::new(matching),
        })
    }

    fn comparison(&mut self, path: AttrPath) -> Result<Filter, ScimError> {
        self.comparisons += 1;
        if self.comparisons > MAX_COMPARISONS {
            return Err(ScimError::invalid_filter(format!(
                "the filter has more than {MAX_COMPARISONS} comparisons"
            )));
        }
        let word = match self.tokens.next() {
            Some(Token::Word(word)) => word,
            Some(token) => return Err(unexpected(token, &format!("an operator after `{path}`"))),
            None => return Err(ends_where(&format!("an operator after `{path}`"))),
        };
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let op = CompareOp::from_word(word)
            .ok_or_else(|| ScimError::invalid_filter(format!("`{word}` is no operator")))?;
        let value = self.literal(op)?;
        Ok(Filter::Compare { path, op, value })
    }

    fn literal(&mut self, op: CompareOp) -> Result<Literal, ScimError> {
        let word = match self.tokens.next() {
            Some(Token::Text(text)) => return Ok(Literal::Text(text.clone())),
            Some(Token::Word(word)) => *word,
            Some(token) => return Err(unexpected(token, "a value")),
            None => return Err(ends_where("a value")),
        };
        match word {
            "null" => return Ok(Literal::Null),
            "true" => return Ok(Literal::Boolean(true)),
            "false" => return Ok(Literal::Boolean(false)),
            _ => {}
        }
        if let Some(number) = number_text::read(word) {
            return Ok(Literal::Number(number));
        }
        if self.profile == Profile::Compat && op == CompareOp::Eq && unquoted_word::is_text(word) {
            return Ok(Literal::Text(word.to_owned()));
        }
        Err(ScimError::invalid_filter(format!(
            "the value after `{}` is no JSON literal: a text needs double quotes",
            op.as_str()
        )))
    }

    fn path(&self, word: &str) -> Result<AttrPath, ScimError> {
        let path = AttrPath::parse(word, self.urns)
            .map_err(|err| ScimError::invalid_filter(err.detail))?;
        if self.place == Place::Element && (path.schema.is_some() || path.sub.is_some()) {
            return Err(ScimError::invalid_filter(format!(
                "`{word}` stands in brackets, where only sub-attributes can be named"
            )));
        }
        Ok(path)
    }

    /// Runs `level` one level deeper, so that its recursion is bounded.
    fn nested(
        &mut self,
        level: fn(&mut Self) -> Result<Filter, ScimError>,
    ) -> Result<Filter, ScimError> {
        if self.depth == MAX_DEPTH {
            return Err(ScimError::invalid_filter(format!(
                "the filter is nested more than {MAX_DEPTH} levels deep"
            )));
        }
        self.depth += 1;
        let filter = level(self)?;
        self.depth -= 1;
        Ok(filter)
    }

    fn expect(&mut self, wanted: &Token<'_>) -> Result<(), ScimError> {
        match self.tokens.next() {
            Some(token) if token == wanted => Ok(()),
            Some(token) => Err(unexpected(token, &format!("`{wanted}`"))),
            None => Err(ends_where(&format!("`{wanted}`"))),
        }
    }

    fn eat(&mut self, wanted: &Token<'_>) -> bool {
        self.tokens.next_if(|token| *token == wanted).is_some()
    }

    fn eat_word(&mut self, wanted: &str) -> bool {
        self.tokens
            .next_if(
                |token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(wanted)),
            )
            .is_some()
    }
}

fn unexpected(token: &Token<'_>, wanted: &str) -> ScimError {
    ScimError::invalid_filter(format!("found `{token}` where {wanted} should stand"))
}

fn ends_where(wanted: &str) -> ScimError {
    ScimError::invalid_filter(format!("the filter ends where {wanted} should stand"))
}
