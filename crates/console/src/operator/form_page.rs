//! A page with one form.

use actix_web::http::StatusCode;
use askama::Template;
use rollcall_orgs::OrgsError;

use crate::answer::{self, Answer, Field};
use crate::assets;
use crate::operator::Frame;
use crate::operator::form_parts::blame;
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
