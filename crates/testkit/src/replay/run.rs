//! A whole case.

use uuid::Builder;

use super::{
    case::{Case, Step},
    client::{Client, ClientError, Endpoint},
    step::{Session, StepError},
    substitute::Variables,
};

/// A step is repeated no more often than this, whatever the case says.
const MOST_REPETITIONS: u32 = 2000;

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The case's name.
    pub id: String,
    /// The step that failed, counted from 1, and why. `None` if every answer was as expected.
    pub error: Option<String>,
}

/// The steps went as far as one that failed.
#[derive(Debug, thiserror::Error)]
enum CaseError {
    #[error(transparent)]
    Endpoint(#[from] ClientError),
    #[error("step {number} {source}")]
    Step { number: usize, source: StepError },
}

/// Sends the requests of a case to a SCIM endpoint, as far as the first answer that is not as
/// expected, and deletes what the case created.
///
/// Never panics and never fails: what goes wrong is in the outcome, so that a test can show every
/// failed case at once.
pub async fn replay(endpoint: &Endpoint, case: &Case) -> Outcome {
    let result = replay_steps(endpoint, &case.steps).await;
    Outcome {
        id: case.id.clone(),
        error: result.err().map(|error| error.to_string()),
    }
}

async fn replay_steps(endpoint: &Endpoint, steps: &[Step]) -> Result<(), CaseError> {
    let mut session = Session {
        client: Client::new(endpoint)?,
        token: endpoint.token().map(str::to_owned),
        variables: variables_of_a_run(endpoint.url()),
        created: Vec::new(),
    };
    let result = run_all(&mut session, steps).await;
    session.clean_up().await;
    result
}

async fn run_all(session: &mut Session, steps: &[Step]) -> Result<(), CaseError> {
    let mut previous = None;
    for (index, step) in steps.iter().enumerate() {
        if let Some(wanted) = &step.if_prev
            && !previous.is_some_and(|status| wanted.contains(&status))
        {
            continue;
        }
        let times = step.repeat.map_or(1, |n| n.get().min(MOST_REPETITIONS));
        for i in 0..times {
            session.variables.set("i", i.to_string());
            let status = session.run(step).await;
            previous = Some(status.map_err(|source| CaseError::Step {
                number: index + 1,
                source,
            })?);
        }
    }
    Ok(())
}

/// What no step has to save. The random parts keep runs on one connection apart.
fn variables_of_a_run(base_url: &str) -> Variables {
    let word = format!("u{:010x}", fastrand::u64(..1 << 40));
    let uuid = Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid();
    let mut variables = Variables::default();
    variables.set("UNIQ", word.to_uppercase());
    variables.set("uniq", word);
    variables.set("uuid", uuid.to_string());
    variables.set("base", base_url);
    variables
}
