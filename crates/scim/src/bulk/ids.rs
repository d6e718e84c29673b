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
    fates: HashMap<String, Fate>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Waiting(Collection),
    Made(Collection, String),
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
                Ok(request) if request.creates() => Fate::Waiting(request.collection),
                Err(_) if operation.method.as_deref() == Some("POST") => Fate::Failed,
                Ok(_) | Err(_) => continue,
            };
            // The first operation with a `bulkId` is the one it names.
            fates.entry(bulk_id.clone()).or_insert(fate);
        }
        Self { catalog, fates }
    }

    /// An operation has made the resource with this id.
    pub fn made(&mut self, operation: &BulkOperation, id: &str) {
        if let Some((fate, collection)) = self.fate_of(operation) {
            *fate = Fate::Made(collection, id.to_owned());
        }
    }

    /// An operation has failed.
    pub fn failed(&mut self, operation: &BulkOperation) {
        if let Some((fate, _)) = self.fate_of(operation) {
            *fate = Fate::Failed;
        }
    }

    /// What is known of an operation that creates something, and where it does.
    fn fate_of(&mut self, operation: &BulkOperation) -> Option<(&mut Fate, Collection)> {
        let request = operation.request.as_ref().ok()?;
        let bulk_id = operation.bulk_id.as_ref().filter(|_| request.creates())?;
        Some((self.fates.get_mut(bulk_id)?, request.collection))
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
        let (collection, made) = match self.fates.get(bulk_id) {
            None => {
                return Err(ScimError::invalid_value(format!(
                    "no operation of this request creates something with the bulkId `{bulk_id}`"
                )));
            }
            Some(Fate::Failed) => {
                return Err(ScimError::conflict(format!(
                    "the operation with the bulkId `{bulk_id}` failed"
                )));
            }
            Some(Fate::Waiting(collection)) => (collection, None),
            Some(Fate::Made(collection, id)) => (collection, Some(id)),
        };
        let kind = &collection.kind(self.catalog).id;
        if !reference.types.is_empty() && !reference.types.contains(kind) {
            return Err(ScimError::invalid_value(format!(
                "`{}` cannot be a {kind}, which is what the operation with the bulkId \
                 `{bulk_id}` creates",
                reference.attribute
            )));
        }
        match made {
            Some(id) => Ok(Verdict::Id(id.clone())),
            None => waiting(bulk_id),
        }
    }
}
