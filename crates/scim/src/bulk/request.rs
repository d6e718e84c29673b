//! The envelope of a bulk request.

use std::collections::HashSet;
use std::num::NonZeroUsize;

use serde_json::{Map, Value};

use super::operation::BulkOperation;
use crate::error::ScimError;
use crate::schema::Catalog;

/// URN of the bulk request.
const REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// The body of a bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkRequest {
    /// In the order of the body; at least one.
    pub operations: Vec<BulkOperation>,
    /// After how many failures nothing more is to be done; `None` means never.
    pub fail_on_errors: Option<NonZeroUsize>,
}

impl BulkRequest {
    /// Reads a body. Member names and methods ignore case.
    ///
    /// What is wrong with one operation is kept with it: the others are done all the same.
    ///
    /// # Errors
    ///
    /// `invalidSyntax` if the body is no bulk request or holds no operation, `invalidValue`
    /// for a `failOnErrors` that is no positive whole number, 413 above `max_operations`.
    pub fn parse(catalog: &Catalog, body: Value, max_operations: usize) -> Result<Self, ScimError> {
        let Value::Object(mut members) = body else {
            let detail = "a bulk request must be a JSON object";
            return Err(ScimError::invalid_syntax(detail));
        };
        check_schemas(take(&mut members, "schemas").as_ref())?;
        let fail_on_errors = read_fail_on_errors(take(&mut members, "failOnErrors").as_ref())?;
        let operations = match take(&mut members, "Operations") {
            Some(Value::Array(operations)) if !operations.is_empty() => operations,
            _ => {
                let detail = "`Operations` must be an array of at least one operation";
                return Err(ScimError::invalid_syntax(detail));
            }
        };
        if operations.len() > max_operations {
            return Err(ScimError::too_large(format!(
                "{} operations are more than maxOperations, which is {max_operations}",
                operations.len()
            )));
        }
        let mut operations: Vec<BulkOperation> = operations
            .into_iter()
            .map(|operation| BulkOperation::read(catalog, operation))
            .collect();
        refuse_repeated_ids(&mut operations);
        Ok(Self {
            operations,
            fail_on_errors,
        })
    }
}

fn check_schemas(schemas: Option<&Value>) -> Result<(), ScimError> {
    let is_bulk = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(REQUEST_URN))
    };
    match schemas {
        Some(Value::Array(urns)) if urns.iter().any(is_bulk) => Ok(()),
        _ => Err(ScimError::invalid_syntax(format!(
            "`schemas` of a bulk request must hold `{REQUEST_URN}`"
        ))),
    }
}

fn read_fail_on_errors(value: Option<&Value>) -> Result<Option<NonZeroUsize>, ScimError> {
    let Some(value) = value else {
        return Ok(None);
    };
    value
        .as_u64()
        .and_then(|count| NonZeroUsize::new(usize::try_from(count).unwrap_or(usize::MAX)))
        .map(Some)
        .ok_or_else(|| ScimError::invalid_value("`failOnErrors` must be a positive whole number"))
}

/// A `bulkId` names the first operation that has it.
fn refuse_repeated_ids(operations: &mut [BulkOperation]) {
    let mut seen = HashSet::new();
    for operation in operations {
        if let Some(bulk_id) = &operation.bulk_id
            && !seen.insert(bulk_id.clone())
        {
            let detail = format!("an operation before this one has the bulkId `{bulk_id}`");
            operation.request = Err(ScimError::invalid_value(detail));
        }
    }
}

/// Takes a member out of an object, whatever the case of its name. `null` is no member.
pub(super) fn take(members: &mut Map<String, Value>, name: &str) -> Option<Value> {
    member(members, name).map(Value::take)
}

/// A member of an object, whatever the case of its name. `null` is no member.
pub(super) fn member<'m>(members: &'m mut Map<String, Value>, name: &str) -> Option<&'m mut Value> {
    members
        .iter_mut()
        .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null())
        .map(|(_, value)| value)
}
