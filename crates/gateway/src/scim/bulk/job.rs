//! Doing the operations of a bulk request, one step after the other.

use rollcall_scim::ScimError;
use rollcall_scim::bulk::{
    BulkOperation, BulkRequest, BulkResult, Collection, Ids, Request, Step, plan,
};
use rollcall_store::StoreError;

use super::super::failure::ScimFailure;
use super::super::scopes;
use super::super::tenant::Tenant;
use super::write::{self, Done};

/// After how many operations in a row that did not reach the database the rest is not tried.
/// One may have lost a conflict with another request; after several, each of the rest would
/// only wait in vain.
const GIVE_UP_AFTER: usize = 3;

/// A bulk request while it is done.
pub(super) struct Job<'r> {
    tenant: &'r Tenant,
    request: &'r BulkRequest,
    ids: Ids<'r>,
    /// By the position of the operation; `None` if it was not tried.
    results: Vec<Option<BulkResult>>,
    failures: usize,
    /// How many operations in a row, up to now, did not reach the database.
    away: usize,
}

impl<'r> Job<'r> {
    pub(super) fn new(tenant: &'r Tenant, request: &'r BulkRequest) -> Self {
        Self {
            tenant,
            request,
            ids: Ids::new(tenant.catalog(), request),
            results: vec![None; request.operations.len()],
            failures: 0,
            away: 0,
        }
    }

    /// Does everything, or everything until `failOnErrors` failures. The results of what was
    /// done or tried, in the order of the request.
    pub(super) async fn run(mut self) -> Vec<BulkResult> {
        for step in plan(self.request) {
            let most = self.request.fail_on_errors;
            if most.is_some_and(|most| self.failures >= most.get()) {
                break;
            }
            match step {
                Step::One(position) => self.one(position).await,
                Step::Circle(positions) => self.circle(&positions).await,
            }
        }
        self.results.into_iter().flatten().collect()
    }

    async fn one(&mut self, position: usize) {
        let operation = &self.request.operations[position];
        let (outcome, location) = match &operation.request {
            Ok(request) => self.attempt(request).await,
            Err(error) => (Err(error.clone()), None),
        };
        self.record(position, outcome, location);
    }

    /// Does one operation. Also where its resource is, as far as that is known in advance.
    async fn attempt(&mut self, request: &Request) -> (Result<Done, ScimError>, Option<String>) {
        let place = |id: &str| write::location(self.tenant, request.collection, id);
        let resolved = match self.ids.resolve(request) {
            Ok(resolved) => resolved,
            Err(error) => return (Err(error), request.id().map(place)),
        };
        let location = resolved.write.id().map(place);
        if let Err(failure) = self.tenant.may(scopes::of_change(request.collection)) {
            return (Err(failure.into_error()), location);
        }
        if self.away >= GIVE_UP_AFTER {
            return (Err(not_tried()), location);
        }
        let outcome = write::one(self.tenant, request, resolved.write).await;
        (outcome.map_err(|failure| self.told(failure)), location)
    }

    async fn circle(&mut self, positions: &[usize]) {
        let request = self.request;
        let operations: Vec<(&BulkOperation, &Request)> = positions
            .iter()
            .map(|position| &request.operations[*position])
            .filter_map(|operation| Some((operation, operation.request.as_ref().ok()?)))
            .collect();
        let outcomes = if let Some((at, error)) = self.not_allowed(&operations) {
            blame(&operations, Some(at), &error)
        } else if self.away >= GIVE_UP_AFTER {
            vec![Err(not_tried()); operations.len()]
        } else if !self.tenant.settings().allow_group_cycles
            && operations
                .iter()
                .any(|(_, request)| request.collection == Collection::Groups)
        {
            self.refuse_groups(&operations)
        } else {
            let mut ids = self.ids.clone();
            match write::circle(self.tenant, &mut ids, &operations).await {
                Ok(done) => done.into_iter().map(Ok).collect(),
                Err(broken) => {
                    let error = self.told(broken.failure);
                    blame(&operations, broken.at, &error)
                }
            }
        };
        for (position, outcome) in positions.iter().zip(outcomes) {
            self.record(*position, outcome, None);
        }
    }

    /// The first of these operations that the token may not do.
    fn not_allowed(&self, operations: &[(&BulkOperation, &Request)]) -> Option<(usize, ScimError)> {
        let refusals = operations.iter().map(|(_, request)| {
            let may = self.tenant.may(scopes::of_change(request.collection));
            may.err()
        });
        let mut refusals = refusals.enumerate();
        refusals.find_map(|(at, refusal)| Some((at, refusal?.into_error())))
    }

    /// A circle with a group in it is one of groups that are members of each other, unless one
    /// of its references is wrong in itself.
    fn refuse_groups(
        &self,
        operations: &[(&BulkOperation, &Request)],
    ) -> Vec<Result<Done, ScimError>> {
        let circular = || ScimError::conflict("groups cannot be members of each other");
        operations
            .iter()
            .map(|(_, request)| match self.ids.resolve_in_circle(request) {
                Ok(_) => Err(circular()),
                Err(error) => Err(error),
            })
            .collect()
    }

    /// Turns a failure into what the client is told, and counts it if the database was away.
    fn told(&mut self, failure: ScimFailure) -> ScimError {
        if matches!(failure, ScimFailure::Store(StoreError::Unavailable(_))) {
            self.away += 1;
        } else {
            self.away = 0;
        }
        match failure {
            // What a request by itself could be told to mend is, in a list of operations, a
            // conflict with one that was done before it.
            ScimFailure::Store(StoreError::GroupCycle) => ScimError::conflict(failure.detail()),
            failure => failure.into_error(),
        }
    }

    fn record(
        &mut self,
        position: usize,
        outcome: Result<Done, ScimError>,
        location: Option<String>,
    ) {
        let operation = &self.request.operations[position];
        let (location, version, outcome) = match outcome {
            Ok(done) => {
                self.ids.made(operation, &done.id);
                self.away = 0;
                (Some(done.location), done.version, Ok(done.status.as_u16()))
            }
            Err(error) => {
                self.ids.failed(operation);
                self.failures += 1;
                (location, None, Err(error))
            }
        };
        self.results[position] = Some(BulkResult {
            location,
            method: operation.method.clone(),
            bulk_id: operation.bulk_id.clone(),
            version,
            outcome,
        });
    }
}

fn not_tried() -> ScimError {
    ScimError {
        status: 503,
        scim_type: None,
        detail: "not tried: the service is not available now; try again in a moment".to_owned(),
    }
}

/// What each operation of a circle is told when one of them failed, or the whole did.
fn blame(
    operations: &[(&BulkOperation, &Request)],
    failed: Option<usize>,
    error: &ScimError,
) -> Vec<Result<Done, ScimError>> {
    let Some(failed) = failed else {
        return vec![Err(error.clone()); operations.len()];
    };
    let name = operations[failed].0.bulk_id.as_deref().unwrap_or_default();
    (0..operations.len())
        .map(|position| {
            if position == failed {
                Err(error.clone())
            } else {
                Err(ScimError::conflict(format!(
                    "refers in a circle to the operation with the bulkId `{name}`, which failed"
                )))
            }
        })
        .collect()
}
