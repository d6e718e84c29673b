//! Parts of forms: fields, choices, boxes to tick and lists of boxes, in groups.

use std::str::FromStr;

use rollcall_model::EventType;
use rollcall_orgs::OrgsError;
use rollcall_store::StoreError;

use crate::answer::{Field, PageError};
use crate::operator::given;

/// A choice of one among some.
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) value: String,
    /// Value and text.
    pub(super) options: Vec<(String, String)>,
}

/// A box to tick. The form holds `true` under its name if it is.
pub(super) struct Check {
    /// Its name in the form, and its id on the page.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) on: bool,
}

/// One of a list of boxes of which any number is ticked.
pub(super) struct Listed {
    pub(super) value: &'static str,
    pub(super) help: &'static str,
    pub(super) on: bool,
}

/// A list of boxes of which any number is ticked: the form holds each value under the one name.
pub(super) struct Several {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) options: Vec<Listed>,
}

/// One part of a group.
pub(super) enum Part {
    Field(Field),
    Check(Check),
    Choice(Choice),
    Several(Several),
    /// A name and a value that come back with the form.
    Hidden(&'static str, &'static str),
}

impl From<Field> for Part {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

/// Parts that belong together.
pub(super) struct Group {
    /// What stands above them; `None` if the form is short enough without.
    pub(super) legend: Option<&'static str>,
    pub(super) parts: Vec<Part>,
}

impl Group {
    /// All parts of a short form.
    pub(super) fn only(parts: impl IntoIterator<Item = impl Into<Part>>) -> Vec<Self> {
        vec![Self {
            legend: None,
            parts: parts.into_iter().map(Into::into).collect(),
        }]
    }
}

/// Says what was refused beside the field that is to blame. What it says if none is.
///
/// # Errors
///
/// The error, if its reader can do nothing about it.
pub(super) fn blame<'a>(
    fields: impl IntoIterator<Item = &'a mut Field>,
    error: OrgsError,
) -> Result<Option<String>, PageError> {
    let blamed = match &error {
        OrgsError::Invalid { field, .. } => Some((*field).to_owned()),
        OrgsError::Store(StoreError::Conflict { attribute }) => Some(attribute.to_string()),
        _ => None,
    };
    let says = PageError::refusal(error)?;
    let field = fields.into_iter().find(|field| {
        let told = blamed.as_deref();
        told.is_some_and(|told| names(told, field.name))
    });
    Ok(match field {
        Some(field) => {
            field.wrong = Some(says);
            None
        }
        None => Some(says),
    })
}

/// The text fields of some groups.
pub(super) fn fields(groups: &mut [Group]) -> impl Iterator<Item = &mut Field> {
    let parts = groups.iter_mut().flat_map(|group| &mut group.parts);
    parts.filter_map(|part| match part {
        Part::Field(field) => Some(field),
        Part::Check(_) | Part::Choice(_) | Part::Several(_) | Part::Hidden(..) => None,
    })
}

/// Whether an error that names `oidc.issuer` means the field `issuer`.
fn names(told: &str, field: &str) -> bool {
    told == field || told.rsplit('.').next() == Some(field)
}

/// The number that a field holds; `None` if it was left empty.
///
/// # Errors
///
/// It holds something else.
pub(super) fn number<T: FromStr>(field: &'static str, text: &str) -> Result<Option<T>, OrgsError> {
    let read = |text: &str| {
        text.parse().map_err(|_| OrgsError::Invalid {
            field,
            reason: "must be a whole number that is not too large".to_owned(),
        })
    };
    given(text).map(read).transpose()
}

/// The type of events that a field names.
///
/// # Errors
///
/// There is none of that name.
pub(super) fn event_type(name: &str) -> Result<EventType, OrgsError> {
    EventType::from_name(name).ok_or_else(|| OrgsError::Invalid {
        field: "types",
        reason: format!("names “{name}”, which is no type of events"),
    })
}

/// The lines of a text that hold anything.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}
