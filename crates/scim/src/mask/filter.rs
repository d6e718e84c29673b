//! Filters without values.
//!
//! A filter is looked at word by word and not parsed: the ones that cannot be parsed are those that
//! people look for in a log.

use super::{HIDDEN, Mask, segments, without_tokens};

/// What stands in the place of a value that is not kept.
const LEFT_OUT: &str = "…";

const OPERATORS: [&str; 9] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

const CONNECTIVES: [&str; 3] = ["and", "or", "not"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'f> {
    /// A text in quotation marks, with them.
    Quoted(&'f str),
    /// Letters up to a blank, a bracket or a quotation mark.
    Word(&'f str),
    /// A blank or a bracket.
    Mark(char),
}

impl Piece<'_> {
    fn is_word_of(self, words: &[&str]) -> bool {
        matches!(self, Self::Word(word) if words.iter().any(|it| word.eq_ignore_ascii_case(it)))
    }
}

fn pieces(filter: &str) -> Vec<Piece<'_>> {
    let mark = |letter: char| letter.is_whitespace() || "()[]".contains(letter);
    let mut pieces = Vec::new();
    let mut rest = filter;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            let piece = &rest[..quoted(rest)];
            pieces.push(Piece::Quoted(piece));
            piece.len()
        } else if mark(first) {
            pieces.push(Piece::Mark(first));
            first.len_utf8()
        } else {
            let end = rest.find(|letter| letter == '"' || mark(letter));
            let word = &rest[..end.unwrap_or(rest.len())];
            pieces.push(Piece::Word(word));
            word.len()
        };
        rest = &rest[length..];
    }
    pieces
}

/// How long the text in quotation marks is that a filter begins with.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

impl Mask {
    /// A filter, or a path with one, without the values that are hidden; without any, if
    /// `keeps_values` is false.
    #[must_use]
    pub fn filter(&self, filter: &str, keeps_values: bool) -> String {
        let pieces = pieces(filter);
        let mut shown = String::with_capacity(filter.len());
        // What the brackets around stand behind.
        let mut outer: Vec<Vec<String>> = Vec::new();
        let mut attribute: Option<Vec<String>> = None;
        let mut compared = false;
        // Whether the name of an attribute is what comes next.
        let mut begins = true;
        for (at, piece) in pieces.iter().copied().enumerate() {
            let next = || {
                let mut behind = pieces[at + 1..].iter();
                behind.find(|it| !matches!(it, Piece::Mark(mark) if mark.is_whitespace()))
            };
            match piece {
                Piece::Mark('[') => {
                    outer.push(attribute.take().unwrap_or_default());
                    begins = true;
                    shown.push('[');
                }
                Piece::Mark(']') => {
                    attribute = outer.pop();
                    shown.push(']');
                }
                Piece::Mark(mark) => {
                    begins |= mark == '(';
                    shown.push(mark);
                }
                Piece::Word(word) if compared => {
                    compared = false;
                    let hidden = self.hides_in(&outer, attribute.take());
                    shown.push_str(&value(word, hidden, keeps_values));
                }
                Piece::Quoted(text) => {
                    // One that nothing is compared with may be of anything.
                    let hidden = !compared || self.hides_in(&outer, attribute.take());
                    compared = false;
                    shown.push_str(&value(text, hidden, keeps_values));
                }
                Piece::Word(word) => {
                    let goes_on = word.starts_with('.') && attribute.is_some();
                    let operator = next().is_some_and(|next| {
                        next.is_word_of(&OPERATORS)
                            || next.is_word_of(&["pr"])
                            || matches!(next, Piece::Mark('['))
                    });
                    if attribute.is_some() && piece.is_word_of(&OPERATORS) {
                        compared = true;
                        shown.push_str(word);
                    } else if piece.is_word_of(&CONNECTIVES) || piece.is_word_of(&["pr"]) {
                        attribute = None;
                        begins = true;
                        shown.push_str(word);
                        continue;
                    } else if is_name(word) && (begins || operator || goes_on) {
                        let before = attribute.take().filter(|_| goes_on);
                        let mut path = before.unwrap_or_default();
                        path.extend(segments(word));
                        attribute = Some(path);
                        shown.push_str(word);
                    } else {
                        shown.push_str(&value(word, true, keeps_values));
                    }
                    begins = false;
                }
            }
        }
        without_tokens(&shown)
    }

    fn hides_in(&self, outer: &[Vec<String>], attribute: Option<Vec<String>>) -> bool {
        let mut path: Vec<String> = outer.iter().flatten().cloned().collect();
        path.extend(attribute.unwrap_or_default());
        self.hides_compared(&path)
    }
}

/// Whether a word can be the name of an attribute, with its schema and sub-attribute.
fn is_name(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_$-:.".contains(&byte))
}

/// A value, as it is shown.
fn value(text: &str, hidden: bool, keeps_values: bool) -> String {
    let says_nothing = ["true", "false", "null"];
    if says_nothing.iter().any(|it| text.eq_ignore_ascii_case(it)) {
        return text.to_owned();
    }
    match (hidden, keeps_values) {
        (false, true) => text.to_owned(),
        (true, true) => format!("\"{HIDDEN}\""),
        (_, false) => format!("\"{LEFT_OUT}\""),
    }
}
