//! Tokens in texts where none belongs.

/// How a bearer secret begins, and how long it is at least.
const SECRETS: [(&str, usize); 5] = [
    ("rc_", 20),
    ("rck_", 20),
    ("rco_", 20),
    ("whsec_", 20),
    ("eyJ", 40),
];

/// A text without what looks like a bearer secret or an access token: somebody may have pasted one
/// into the wrong field.
#[must_use]
pub fn without_tokens(text: &str) -> String {
    let of_token = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(of_token) {
        let (before, word) = rest.split_at(start);
        kept.push_str(before);
        let end = word.find(|letter| !of_token(letter)).unwrap_or(word.len());
        let (word, behind) = word.split_at(end);
        kept.push_str(&without_token(word));
        rest = behind;
    }
    kept.push_str(rest);
    kept
}

fn without_token(word: &str) -> std::borrow::Cow<'_, str> {
    for (begin, least) in SECRETS {
        if let Some(at) = word.find(begin)
            && word.len() - at >= least
        {
            return format!("{}{begin}{}", &word[..at], super::HIDDEN).into();
        }
    }
    word.into()
}
