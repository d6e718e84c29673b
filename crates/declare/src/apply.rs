//! Does what was planned, one organization after the other, some of them at the same time.
//!
//! Before an organization is touched it is compared once more: if somebody changed it since the plan was
//! shown, it is left alone. What was planned for a new one needs no second look, since the name is
//! taken if somebody made it meanwhile. There is no way back from a step; a file that was applied half
//! is applied again, and goes on where it stopped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::api::{Api, ApiError};
use crate::plan::{Call, Kind, Options, Part, Piece, Plan, Ref, again};
use crate::wanted::File;

/// Why an organization is not as the file says.
#[derive(Debug)]
pub struct Failure {
    /// Its slug; `None` for the installation itself.
    pub organization: Option<String>,
    /// The step that failed, as people call it; `None` if none was begun.
    pub step: Option<String>,
    /// How many of its steps were done before.
    pub done: usize,
    /// Why.
    pub reason: FailureReason,
}

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum FailureReason {
    /// The API refused, or did not answer.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// It is not as it was when the plan was made.
    #[error("it was changed since the plan was made: look at a new plan")]
    ChangedMeanwhile,
    /// Something that the step refers to has no id.
    #[error("there is no {0}")]
    Missing(String),
}

/// What came of a plan.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many steps were done.
    pub done: usize,
    /// How many organizations, and the installation itself, are as the file says now.
    pub finished: usize,
    /// Where it failed.
    pub failures: Vec<Failure>,
    /// How many were not begun, because another one failed.
    pub not_begun: usize,
}

/// Does what was planned. It stops at the first failure unless `keep_going` says otherwise; what is
/// under way by then is brought to its end. `told` hears of each organization that is done.
pub async fn apply(
    api: &Api,
    file: &File,
    plan: &Plan,
    (options, keep_going): (&Options, bool),
    told: impl Fn(),
) -> Outcome {
    let stop = AtomicBool::new(false);
    let not_begun = AtomicUsize::new(0);
    let work = plan.parts.iter().filter(|part| !part.steps.is_empty());
    let work = work.map(async |part| {
        if stop.load(Ordering::Relaxed) {
            not_begun.fetch_add(1, Ordering::Relaxed);
            return Ok(0);
        }
        let done = of_part(api, file, part, options).await;
        if done.is_err() && !keep_going {
            stop.store(true, Ordering::Relaxed);
        }
        told();
        done
    });
    let mut outcome = Outcome::default();
    let mut results = stream::iter(work).buffered(options.concurrency.max(1));
    while let Some(result) = results.next().await {
        match result {
            Ok(0) => {}
            Ok(done) => {
                outcome.done += done;
                outcome.finished += 1;
            }
            Err(failure) => {
                outcome.done += failure.done;
                outcome.failures.push(*failure);
            }
        }
    }
    outcome.not_begun = not_begun.load(Ordering::Relaxed);
    outcome
}

async fn of_part(
    api: &Api,
    file: &File,
    part: &Part,
    options: &Options,
) -> Result<usize, Box<Failure>> {
    let failure = |step, done, reason| {
        Box::new(Failure {
            organization: part.organization.clone(),
            step,
            done,
            reason,
        })
    };
    let is_new = part.organization.is_some() && part.found_as.is_none();
    if !is_new {
        let now = again(api, file, part, options).await;
        let now = now.map_err(|error| failure(None, 0, error.into()))?;
        if !now.is_like(part) {
            return Err(failure(None, 0, FailureReason::ChangedMeanwhile));
        }
    }
    let mut ids = Ids::default();
    if let Some(id) = &part.found_as {
        ids.0.insert(Ref::Organization, id.clone());
    }
    let mut done = 0;
    for step in &part.steps {
        for call in &step.calls {
            let sent = send(api, call, &mut ids).await;
            sent.map_err(|reason| failure(Some(step.told()), done, reason))?;
        }
        done += usize::from(step.is_told());
    }
    Ok(done)
}

/// The ids of what names refer to, in one organization.
#[derive(Default)]
struct Ids(HashMap<Ref, String>);

impl Ids {
    /// The id of something; asked for if it was there before.
    async fn find(&mut self, api: &Api, wanted: &Ref) -> Result<String, FailureReason> {
        if let Some(id) = self.0.get(wanted) {
            return Ok(id.clone());
        }
        let organization = self.0.get(&Ref::Organization);
        let organization = organization.ok_or_else(|| missing(wanted))?.clone();
        let (list, make): (&str, fn(String) -> Ref) = match wanted {
            Ref::Organization => return Err(missing(wanted)),
            Ref::Sso(_) => ("sso-connections", Ref::Sso),
            Ref::Scim(_) => ("scim-connections", Ref::Scim),
        };
        let path = format!("/v1/organizations/{organization}/{list}");
        for found in api.list(&path).await? {
            if let (Some(name), Some(id)) = (found["name"].as_str(), found["id"].as_str()) {
                self.0.insert(make(name.to_owned()), id.to_owned());
            }
        }
        self.0.get(wanted).cloned().ok_or_else(|| missing(wanted))
    }
}

fn missing(wanted: &Ref) -> FailureReason {
    FailureReason::Missing(match wanted {
        Ref::Organization => Kind::Organization.told().to_owned(),
        Ref::Sso(name) => format!("{} `{name}`", Kind::SsoConnection.told()),
        Ref::Scim(name) => format!("{} `{name}`", Kind::ScimConnection.told()),
    })
}

async fn send(api: &Api, call: &Call, ids: &mut Ids) -> Result<(), FailureReason> {
    let mut path = String::new();
    for piece in &call.path {
        match piece {
            Piece::Text(text) => path.push_str(text),
            Piece::Id(wanted) => path.push_str(&ids.find(api, wanted).await?),
        }
    }
    let mut body = call.body.clone();
    if let (Some(body), Some((name, wanted))) = (&mut body, &call.id_in_body) {
        let id = ids.find(api, wanted).await?;
        body.insert((*name).to_owned(), Value::from(id));
    }
    let mut body = body.map(Value::Object);
    if let (Some(body), Some(secret)) = (&mut body, &call.secret) {
        body["oidc"]["client_secret"] = Value::from(secret.expose_secret());
    }
    let answer = api
        .change(call.method.clone(), &path, body.as_ref())
        .await?;
    if let (Some(made), Some(id)) = (&call.makes, answer["id"].as_str()) {
        ids.0.insert(made.clone(), id.to_owned());
    }
    Ok(())
}
