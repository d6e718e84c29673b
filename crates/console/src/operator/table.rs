//! A page with one list, which most pages are.

use askama::Template;

use crate::answer::{Danger, When};
use crate::assets;
use crate::operator::Frame;
use crate::text as t;

/// One field of a row. The first of a row names it.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    /// A text.
    Text(String),
    /// A text for machines.
    Code(String),
    /// A text, and more below it.
    Small(String, String),
    /// A text and where it leads.
    Link(String, String),
    /// A kind of badge, and what it says.
    Badge(&'static str, String),
    /// The same, and more below it.
    Badged(&'static str, String, String),
    /// A moment.
    Time(When),
    /// What stands for a moment that never was.
    Never(&'static str),
    /// A line, and a long text behind it.
    More(String, String),
    /// A button, and where its form is sent.
    Deed(&'static str, String),
    /// What cannot be undone.
    Danger(Danger),
    /// Nothing.
    Nothing,
}

impl Cell {
    /// A moment, or what is said if it never was.
    pub(crate) fn maybe(at: Option<When>, never: &'static str) -> Self {
        at.map_or(Self::Never(never), Self::Time)
    }
}

/// A list, or part of it.
pub(crate) struct Table {
    pub(crate) heads: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// What is said if there are none: title and sentence.
    pub(crate) empty: (&'static str, &'static str),
    /// Where the first page is, if this is another.
    pub(crate) first: Option<String>,
    /// Where the next page is.
    pub(crate) next: Option<String>,
}

/// A field to look for something with.
pub(crate) struct SearchBox {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) value: String,
    /// What can be chosen; empty if anything can be typed.
    pub(crate) options: Vec<(&'static str, &'static str)>,
}

/// A part of what a page is about.
pub(crate) struct Tab {
    pub(crate) href: String,
    pub(crate) says: &'static str,
    pub(crate) here: bool,
}

/// A page with one list.
#[derive(Template)]
#[template(path = "operator/table.html")]
pub(crate) struct TablePage {
    pub(crate) frame: Frame,
    pub(crate) heading: String,
    pub(crate) lead: String,
    /// What can be begun here: text and address.
    pub(crate) action: Option<(&'static str, String)>,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) search: Vec<SearchBox>,
    pub(crate) table: Table,
}

impl TablePage {
    /// A page with a list and nothing else.
    pub(crate) fn new(frame: Frame, lead: &str, table: Table) -> Self {
        Self {
            heading: frame.title.clone(),
            frame,
            lead: lead.to_owned(),
            action: None,
            tabs: Vec::new(),
            search: Vec::new(),
            table,
        }
    }
}
