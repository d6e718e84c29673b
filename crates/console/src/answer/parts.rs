//! What the parts of `templates/parts.html` are made from.

use url::form_urlencoded;

/// One text field of a form.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// Its name in the form, and its id on the page.
    pub(crate) name: &'static str,
    /// What people read before it.
    pub(crate) label: &'static str,
    /// What it is for; may be empty.
    pub(crate) help: &'static str,
    /// `type` of the input, or `textarea`.
    pub(crate) kind: &'static str,
    /// What it holds.
    pub(crate) value: String,
    /// Whether it may not be empty.
    pub(crate) required: bool,
    /// What is wrong with what it holds.
    pub(crate) wrong: Option<String>,
}

impl Field {
    /// An empty one of text.
    pub(crate) const fn text(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self {
            name,
            label,
            help,
            kind: "text",
            value: String::new(),
            required: false,
            wrong: None,
        }
    }

    /// One of another kind.
    pub(crate) const fn of_kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// One that may not be empty.
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// One that holds something.
    pub(crate) fn holding(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }
}

/// A deed that cannot be undone.
#[derive(Clone, Debug)]
pub(crate) struct Danger {
    /// The id of its field on the page.
    pub(crate) id: String,
    /// What it is called.
    pub(crate) title: &'static str,
    /// Where its form is sent.
    pub(crate) action: String,
    /// What it will do, in full.
    pub(crate) does: String,
    /// What has to be typed.
    pub(crate) name: String,
    /// What its button says.
    pub(crate) button: &'static str,
}

/// The address of the next page of a list: the same list, after a cursor.
pub(crate) fn next_page(
    path: &str,
    kept: &[(&str, &str)],
    cursor: Option<String>,
) -> Option<String> {
    let cursor = cursor?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in kept.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.append_pair("after", &cursor).finish();
    Some(format!("{path}?{query}"))
}
