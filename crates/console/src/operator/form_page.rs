//! A page with one form.

use actix_web::http::StatusCode;
use askama::Template;
use rollcall_orgs::OrgsError;

use crate::answer::{self, Answer};
use crate::assets;
use crate::operator::Frame;
use crate::operator::form_parts::{Group, Part, blame, fields};
use crate::operator::table::Tab;
use crate::text as t;

/// A page with one form.
#[derive(Template)]
#[template(path = "operator/form.html")]
pub(super) struct FormPage {
    pub(super) frame: Frame,
    pub(super) lead: &'static str,
    /// Other forms for the same, if there are some.
    pub(super) tabs: Vec<Tab>,
    /// Where the form is sent.
    pub(super) action: String,
    /// Where somebody goes who does not want it.
    pub(super) back: String,
    pub(super) groups: Vec<Group>,
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
        self.wrong = blame(fields(&mut self.groups), error)?;
        answer::page_with(StatusCode::UNPROCESSABLE_ENTITY, &self)
    }
}
