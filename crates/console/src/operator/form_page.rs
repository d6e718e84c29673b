//! A page with one form.

use actix_web::http::StatusCode;
use askama::Template;
use rollcall_orgs::OrgsError;

use crate::answer::{self, Answer, Field, PageError};
use crate::assets;
use crate::operator::Frame;
use crate::text as t;

/// A choice of one among some.
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) value: String,
    /// Value and text.
    pub(super) options: Vec<(String, String)>,
}

/// A page with one form.
#[derive(Template)]
#[template(path = "operator/form.html")]
pub(super) struct FormPage {
    pub(super) frame: Frame,
    pub(super) lead: &'static str,
    /// Where the form is sent.
    pub(super) action: String,
    /// Where somebody goes who does not want it.
    pub(super) back: String,
    pub(super) fields: Vec<Field>,
    pub(super) choices: Vec<Choice>,
    pub(super) button: &'static str,
    /// What was refused, if it is no field's fault.
    pub(super) wrong: Option<String>,
}

impl FormPage {
    /// The page again, with what was wrong beside the field that is to blame.
    ///
    /// # Errors
    ///
    /// The error, if its reader can do nothing about it.
    pub(super) fn refused(mut self, error: OrgsError) -> Answer {
        self.wrong = blame(&mut self.fields, error)?;
        answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &self)
    }
}

/// Says what was wrong beside the field that is to blame; gives it back if none is.
///
/// # Errors
///
/// The error, if its reader can do nothing about it.
pub(super) fn blame(fields: &mut [Field], error: OrgsError) -> Result<Option<String>, PageError> {
    let blamed = match &error {
        OrgsError::Invalid { field, .. } => Some((*field).to_owned()),
        OrgsError::Store(rollcall_store::StoreError::Conflict { attribute }) => {
            Some(attribute.to_string())
        }
        _ => None,
    };
    let says = PageError::refusal(error)?;
    let named = |field: &&mut Field| {
        blamed
            .as_deref()
            .is_some_and(|name| names(name, field.name))
    };
    match fields.iter_mut().find(named) {
        Some(field) => field.wrong = Some(says),
        None => return Ok(Some(says)),
    }
    Ok(None)
}

/// Whether an error that names `oidc.issuer` means the field `issuer`.
fn names(told: &str, field: &str) -> bool {
    told == field || told.rsplit('.').next() == Some(field)
}
