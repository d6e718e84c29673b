//! One request of a case: built, sent, and its answer compared.

use serde_json::Value;

use super::{
    case::Step,
    client::{Answer, Client, ClientError, Outgoing},
    matcher::{Matcher, MatcherError},
    percent::encode_value,
    substitute::{SubstituteError, Variables},
};

const SCIM_JSON: &str = "application/scim+json";
const USER_AGENT: &str = "rollcall-replay/1";

/// The endpoint of a case, what the case has saved, and what it has created.
pub(super) struct Session {
    pub(super) client: Client,
    /// `None` sends no `Authorization`.
    pub(super) token: Option<String>,
    pub(super) variables: Variables,
    /// Targets of the resources that the case made, oldest first.
    pub(super) created: Vec<String>,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StepError {
    #[error(transparent)]
    Substitute(#[from] SubstituteError),
    #[error("the case cannot be understood: {0}")]
    Matcher(#[from] MatcherError),
    #[error("{request}: {source}")]
    NoAnswer {
        request: String,
        source: ClientError,
    },
    #[error("{request}: status {found} not in {wanted:?}; {body}")]
    Status {
        request: String,
        found: u16,
        wanted: Vec<u16>,
        body: String,
    },
    #[error("{request} -> {status}: {}", wrong.join("; "))]
    Answer {
        request: String,
        status: u16,
        wrong: Vec<String>,
    },
    #[error("{request} -> {status}: nothing at {place} to save")]
    NothingToSave {
        request: String,
        status: u16,
        place: String,
    },
}

/// The body of an answer.
enum Document {
    Empty,
    NotJson,
    Json(Value),
}

impl Session {
    /// Sends the request of a step once. Gives the status of an answer that is as expected.
    pub(super) async fn run(&mut self, step: &Step) -> Result<u16, StepError> {
        let outgoing = self.outgoing(step)?;
        let request = format!("{} {}", outgoing.method, outgoing.target);
        let answer = match self.client.send(&outgoing).await {
            Ok(answer) => answer,
            Err(source) => return Err(StepError::NoAnswer { request, source }),
        };
        let status = answer.status.as_u16();
        let document = Document::read(&answer.body);
        // Before any check: also what a wrong answer has made must be deleted.
        self.note_created(&outgoing, status, &document);

        if let Some(wanted) = &step.expect.status
            && !wanted.contains(&status)
        {
            return Err(StepError::Status {
                request,
                found: status,
                wanted: wanted.clone(),
                body: beginning(&answer.body),
            });
        }
        let wrong = self.wrong(step, &answer, &document)?;
        if !wrong.is_empty() {
            return Err(StepError::Answer {
                request,
                status,
                wrong,
            });
        }
        self.save(step, &request, &answer, &document)?;
        Ok(status)
    }

    /// Deletes what the case created, newest first. What cannot be deleted stays.
    pub(super) async fn clean_up(&mut self) {
        for target in std::mem::take(&mut self.created).into_iter().rev() {
            let delete = Outgoing {
                method: "DELETE".to_owned(),
                target,
                headers: self.usual_headers(),
                body: None,
            };
            // The outcome of the case is known by now, and says more than this would.
            let _ = self.client.send(&delete).await;
        }
    }

    fn usual_headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![
            ("Accept".to_owned(), SCIM_JSON.to_owned()),
            ("User-Agent".to_owned(), USER_AGENT.to_owned()),
        ];
        if let Some(token) = &self.token {
            headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
        }
        headers
    }

    fn outgoing(&self, step: &Step) -> Result<Outgoing, StepError> {
        let body = match (&step.raw_body, &step.body) {
            (Some(raw), _) => Some(self.variables.text(raw)?),
            (None, Some(body)) => Some(self.variables.value(body)?.to_string()),
            (None, None) => None,
        };
        let mut headers = self.usual_headers();
        if body.is_some() {
            headers.push(("Content-Type".to_owned(), SCIM_JSON.to_owned()));
        }
        for (name, value) in &step.headers {
            headers.retain(|(usual, _)| !usual.eq_ignore_ascii_case(name));
            if let Some(value) = value {
                headers.push((name.clone(), self.variables.text(value)?));
            }
        }
        Ok(Outgoing {
            method: step.method.clone(),
            target: self.variables.target(&step.path)?,
            headers,
            body: body.map(String::into_bytes),
        })
    }

    fn note_created(&mut self, outgoing: &Outgoing, status: u16, document: &Document) {
        if outgoing.method != "POST" || !matches!(status, 200 | 201) {
            return;
        }
        if let Some(Value::String(id)) = document.at("/id") {
            let path = outgoing.target.split('?').next().unwrap_or_default();
            let kind = path.trim_matches('/').split('/').next().unwrap_or_default();
            self.created.push(format!("/{kind}/{}", encode_value(id)));
        }
    }

    /// What the answer has that was not expected.
    fn wrong(
        &self,
        step: &Step,
        answer: &Answer,
        document: &Document,
    ) -> Result<Vec<String>, StepError> {
        let mut wrong = Vec::new();
        for (name, matcher) in &self.variables.object(&step.expect.headers)? {
            let found = header(answer, name);
            if let Err(why) = Matcher::parse(matcher)?.check(found.as_ref()) {
                wrong.push(format!("header {name} {why}"));
            }
        }
        let nothing_to_compare = answer.status == 204 && answer.body.is_empty();
        if step.expect.json.is_empty() || nothing_to_compare {
            return Ok(wrong);
        }
        match document {
            Document::Empty => wrong.push("body is empty".to_owned()),
            Document::NotJson => wrong.push("body is not JSON".to_owned()),
            Document::Json(_) => {
                for (pointer, matcher) in &self.variables.object(&step.expect.json)? {
                    if let Err(why) = Matcher::parse(matcher)?.check(document.at(pointer)) {
                        let place = if pointer.is_empty() { "/" } else { pointer };
                        wrong.push(format!("{place} {why}"));
                    }
                }
            }
        }
        Ok(wrong)
    }

    fn save(
        &mut self,
        step: &Step,
        request: &str,
        answer: &Answer,
        document: &Document,
    ) -> Result<(), StepError> {
        for (name, place) in &step.save {
            let found = match place.strip_prefix('@') {
                Some(header_name) => header(answer, header_name),
                None => document.at(place).cloned(),
            };
            let value = found.ok_or_else(|| StepError::NothingToSave {
                request: request.to_owned(),
                status: answer.status.as_u16(),
                place: place.clone(),
            })?;
            match name.strip_suffix("[]") {
                Some(list) => self.variables.push(list, value)?,
                None => self.variables.set(name, value),
            }
        }
        Ok(())
    }
}

impl Document {
    fn read(body: &[u8]) -> Self {
        if body.trim_ascii().is_empty() {
            return Self::Empty;
        }
        serde_json::from_slice(body).map_or(Self::NotJson, Self::Json)
    }

    fn at(&self, pointer: &str) -> Option<&Value> {
        match self {
            Self::Json(value) => value.pointer(pointer),
            Self::Empty | Self::NotJson => None,
        }
    }
}

/// A header of the answer; the last one, if the name comes more than once.
fn header(answer: &Answer, name: &str) -> Option<Value> {
    let value = answer.headers.get_all(name).iter().next_back()?;
    Some(String::from_utf8_lossy(value.as_bytes()).into())
}

/// As much of a body as fits in a message.
fn beginning(body: &[u8]) -> String {
    const LONGEST: usize = 200;
    String::from_utf8_lossy(&body[..body.len().min(LONGEST)]).replace('\n', " ")
}
