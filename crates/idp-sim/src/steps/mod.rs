//! What is sent, in which order, and what is decided in between.
//!
//! The order is the same for every provider: look, decide, write. Which requests that means, and
//! whether a write is needed at all, is the provider's answer.

mod change;
mod group;
mod import;
mod user;

use crate::error::Failure;
use crate::matching::{self, Unusable};
use crate::operation::Operation;
use crate::providers::Provider;
use crate::report::{Outcome, Tally};
use crate::request::RequestShape;
use crate::transport::{Answer, Transport};

/// Times a step is begun anew after a lost answer, a busy endpoint or a conflict. Each one begins with
/// a look-up, which itself waits for an endpoint that is away.
const ROUNDS: u32 = 5;

/// A person of the directory, found or made at the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: String,
    /// Id of the manager the endpoint has.
    pub(crate) manager: Option<String>,
    pub(crate) outcome: Outcome,
}

/// One call on a session: who is played, over which wire, counted where.
pub(crate) struct Run<'a> {
    pub(crate) provider: &'a dyn Provider,
    pub(crate) transport: &'a Transport<'a>,
    pub(crate) tally: &'a Tally,
}

impl Run<'_> {
    /// Sends the provider's test requests; a look-up for `nobody` must find nobody.
    pub(crate) async fn test_connection(&self, nobody: &str) -> Result<(), Failure> {
        for shape in self.provider.connection_test(nobody) {
            let answer = self.send(&shape).await?;
            let total = matching::total(&answer.body).map_err(|why| unusable(&shape, &why))?;
            if shape.path_and_query.contains(nobody) && total != 0 {
                return Err(unusable(&shape, &Unusable::FoundNobody));
            }
        }
        Ok(())
    }

    async fn send(&self, shape: &RequestShape) -> Result<Answer, Failure> {
        self.transport
            .send(shape, self.tally)
            .await
            .map_err(Failure::from)
    }

    /// Sends a DELETE; a resource that is gone already counts as deleted.
    async fn delete(&self, shape: &RequestShape) -> Result<Outcome, Failure> {
        match self.send(shape).await {
            Ok(_) => Ok(Outcome::Deleted),
            Err(failure) if failure.status == Some(404) => Ok(Outcome::Unchanged),
            Err(failure) => Err(failure),
        }
    }
}

fn unusable(shape: &RequestShape, why: &Unusable) -> Failure {
    Failure::of(shape.operation, &shape.who, why.to_string())
}

fn not_there(operation: Operation, name: &str) -> Failure {
    Failure::of(operation, name, "is not at the endpoint")
}
