//! What has become of each `bulkId`.

use std::collections::HashMap;

use super::operation::{BulkOperation, Collection, Request, Write};
use super::references::{Reference, Verdict};
use super::request::BulkRequest;
use crate::error::ScimError;
use crate::schema::Catalog;

/// What has become of each `bulkId`, while the operations are done one after the other.
#[derive(Clone, Debug)]
pub struct Ids<'c> {
    catalog: &'c Catalog,
    /// Of the operations that create something; no other can be referred to.
    fates: HashMap<String, (Collection, Fate)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Waiting,
    Made(String),
    Failed,
}

/// A write without references to other operations.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// What is to be done.
    pub write: Write,
    /// Whether references had to be left out. They are to be written afterwards.
    pub incomplete: bool,
}

impl<'c> Ids<'c> {
    /// At the beginning, when nothing has been done yet.
    pub fn new(catalog: &'c Catalog, request: &BulkRequest) -> Self {
        let mut fates = HashMap::new();
        for operation in &request.operations {
            let Some(bulk_id) = &operation.bulk_id else {
                continue;
            };
            let fate = match &operation.request {
                Ok(request) if request.creates() => (request.collection, Fate::Waiting),
                // Which collection does not matter any more.
                Err(_) if operation.method.as_deref() == Some("POST") => {
                    (Collection::Users, Fate::Failed)
                }
                Ok(_) | Err(_) => continue,
            };
            // The first operation with a `bulkId` is the one it names.
            fates.entry(bulk_id.clone()).or_insert(fate);
        }
        Self { catalog, fates }
    }

    /// An operation has made the resource with this id.
    pub fn made(&mut self, operation: &BulkOperation, id: &str) {
        self.become_of(operation, Fate::Made(id.to_owned()));
    }

    /// An operation has failed.
    pub fn failed(&mut self, operation: &BulkOperation) {
        self.become_of(operation, Fate::Failed);
    }

    fn become_of(&mut self, operation: &BulkOperation, fate: Fate) {
        let creates = operation.request.as_ref().is_ok_and(Request::creates);
        let named = operation.bulk_id.as_ref().filter(|_| creates);
        if let Some((_, known)) = named.and_then(|bulk_id| self.fates.get_mut(bulk_id)) {
            *known = fate;
        }
    }

    /// Puts ids in place of references.
    ///
    /// # Errors
    ///
    /// `invalidValue` for a reference to an operation that there is not, or that makes a
    /// resource of a type that does not belong there; 409 for one to an operation that failed
    /// or has not been done yet.
    pub fn resolve(&self, request: &Request) -> Result<Resolved, ScimError> {
        self.resolve_with(request, |bulk_id| {
            Err(ScimError::conflict(format!(
                "the operation with the bulkId `{bulk_id}` has not been done"
            )))
        })
    }

    /// As [`resolve`](Self::resolve) for the operations of a circle, of which one has to go
    /// first: references to what has not been made yet are left out.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
    pub fn resolve_in_circle(&self, request: &Request) -> Result<Resolved, ScimError> {
        self.resolve_with(request, |_| Ok(Verdict::LeaveOut))
    }

    fn resolve_with(
        &self,
        request: &Request,
        waiting: impl Fn(&str) -> Result<Verdict, ScimError>,
    ) -> Result<Resolved, ScimError> {
        let mut write = request.write.clone();
        let mut incomplete = false;
        let kind = request.collection.kind(self.catalog);
        write.visit(kind, &mut |reference| {
            let verdict = self.judge(reference, &waiting)?;
            incomplete |= matches!(verdict, Verdict::LeaveOut);
            Ok(verdict)
        })?;
        Ok(Resolved { write, incomplete })
    }

    fn judge(
        &self,
        reference: &Reference<'_>,
        waiting: impl Fn(&str) -> Result<Verdict, ScimError>,
    ) -> Result<Verdict, ScimError> {
        let bulk_id = reference.bulk_id;
        let Some((collection, fate)) = self.fates.get(bulk_id) else {
            return Err(ScimError::invalid_value(format!(
                "no operation of this request creates something with the bulkId `{bulk_id}`"
            )));
        };
        if *fate == Fate::Failed {
            return Err(ScimError::conflict(format!(
                "the operation with the bulkId `{bulk_id}` failed"
            )));
        }
        let made = &collection.kind(self.catalog).id;
        if !reference.types.is_empty() && !reference.types.contains(made) {
            return Err(ScimError::invalid_value(format!(
                "`{}` cannot be a {made}, which is what the operation with the bulkId \
                 `{bulk_id}` creates",
                reference.attribute
            )));
        }
        match fate {
            Fate::Made(id) => Ok(Verdict::Id(id.clone())),
            Fate::Waiting | Fate::Failed => waiting(bulk_id),
        }
    }
}
