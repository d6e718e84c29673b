//! What has to be done so that an installation is as a file says.
//!
//! A plan is made without changing anything, shown, and then done. It is made of steps that people can
//! read, and each step carries the calls that do it. Names stay names until a call is sent, because
//! what it refers to may come into being by a step before.

mod compare;
mod danger;
mod links;
mod make;
mod organization;
mod parts;
mod rules;
mod scim;
mod sso;
mod webhooks;

use reqwest::Method;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use crate::named::Fields;
use crate::place::Place;

pub(crate) use make::again;
pub use make::{Options, make};

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Something new.
    Create,
    /// Something that is there gets other values.
    Change,
    /// Something is taken away.
    Delete,
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "their names say it")]
pub enum Kind {
    Organization,
    Domain,
    SsoConnection,
    ScimConnection,
    Schema,
    AttributeMapping,
    RoleMapping,
    Policy,
    WebhookEndpoint,
}

impl Kind {
    /// What people call it.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Domain => "domain",
            Self::SsoConnection => "SSO connection",
            Self::ScimConnection => "SCIM connection",
            Self::Schema => "schema",
            Self::AttributeMapping => "attribute mapping",
            Self::RoleMapping => "role mapping of the group",
            Self::Policy => "policy",
            Self::WebhookEndpoint => "webhook endpoint",
        }
    }
}

/// A field that gets another value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Which: `settings.profile`.
    pub field: String,
    /// Its value now; `null` for none.
    pub before: Value,
    /// Its value afterwards.
    pub after: Value,
}

/// One thing that is made, changed or taken away.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// What happens.
    pub action: Action,
    /// To what.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The SCIM connection that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scim_connection: Option<String>,
    /// Its fields, before and after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Why somebody should look twice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dangers: Vec<String>,
    /// What has to be done by hand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    #[serde(skip)]
    pub(crate) calls: Vec<Call>,
    /// When it is its turn; of two with the same number the first one goes first.
    #[serde(skip)]
    pub(crate) turn: u8,
}

impl Step {
    /// Whether it would do the same as another one.
    fn is_like(&self, other: &Self) -> bool {
        (self.action, self.kind, &self.name, &self.scim_connection)
            == (
                other.action,
                other.kind,
                &other.name,
                &other.scim_connection,
            )
            && self.fields == other.fields
    }

    /// Whether people are told of it. What only brings another step to its end is told with that one.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.action != Action::Change || !self.fields.is_empty()
    }

    /// What it is about, as people call it.
    #[must_use]
    pub fn told(&self) -> String {
        let within = self.scim_connection.as_ref();
        let within = within.map(|name| format!(" of the SCIM connection `{name}`"));
        let within = within.unwrap_or_default();
        match self.kind {
            Kind::Policy => "policy".to_owned(),
            kind => format!("{} `{}`{within}", kind.told(), self.name),
        }
    }
}

/// An id that is known when the call is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ref {
    Organization,
    Sso(String),
    Scim(String),
}

/// A part of a path.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(String),
    Id(Ref),
}

/// A call of the API.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: Vec<Piece>,
    pub(crate) body: Option<Fields>,
    /// A member of the body that is the id of something.
    pub(crate) id_in_body: Option<(&'static str, Ref)>,
    /// The client secret, which goes into `oidc` of the body.
    pub(crate) secret: Option<SecretString>,
    /// What the answer's id is from then on.
    pub(crate) makes: Option<Ref>,
}

impl Call {
    pub(crate) fn new(method: Method, path: Vec<Piece>, body: Option<Fields>) -> Self {
        Self {
            method,
            path,
            body,
            id_in_body: None,
            secret: None,
            makes: None,
        }
    }
}

/// What keeps a plan from being done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line of the file.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl Problem {
    pub(crate) fn new(place: Place, reason: impl Into<String>) -> Self {
        Self {
            line: place.line,
            column: place.column,
            reason: reason.into(),
        }
    }
}

fn told_steps<S: serde::Serializer>(steps: &[Step], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(steps.iter().filter(|step| step.is_told()))
}

/// What has to be done in one organization, or in the installation itself.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Part {
    /// The slug, as the file has it; `null` for the installation itself.
    pub organization: Option<String>,
    /// What is to be done.
    #[serde(serialize_with = "told_steps")]
    pub steps: Vec<Step>,
    /// What the file wants and cannot be yet, because an identity provider has not pushed it.
    pub waits: Vec<String>,
    /// What keeps it from being done.
    pub problems: Vec<Problem>,
    /// The id or slug by which it is found; `None` for what is not there yet.
    #[serde(skip)]
    pub(crate) found_as: Option<String>,
}

impl Part {
    /// Whether two plans would do the same.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.problems == other.problems
            && self.steps.len() == other.steps.len()
            && self
                .steps
                .iter()
                .zip(&other.steps)
                .all(|(one, other)| one.is_like(other))
    }
}

/// What has to be done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plan {
    /// By organization, in the order of the file. Those that are as they should be are left out.
    pub parts: Vec<Part>,
    /// How many organizations the file has that are as it says.
    pub unchanged: usize,
}

impl Plan {
    /// Every step that people are told of.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let steps = self.parts.iter().flat_map(|part| &part.steps);
        steps.filter(|step| step.is_told())
    }

    /// What keeps it from being done.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.parts.iter().flat_map(|part| &part.problems)
    }

    /// How many steps do this.
    #[must_use]
    pub fn count(&self, action: Action) -> usize {
        self.steps().filter(|step| step.action == action).count()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps().next().is_none()
    }
}
