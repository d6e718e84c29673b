//! The body of a PATCH (RFC 7644 §3.5.2).
//!
//! Only the envelope is read here. What a path means and whether a value fits is for
//! [`patch`](crate::patch) to say, which knows the resource type.

use serde_json::{Map, Value};

use crate::error::ScimError;
use crate::quirks::{Quirk, note, refuse_in_strict};
use crate::schema::Profile;

/// URN of the PATCH message.
const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Most operations of one request; more are answered with 413.
pub const MAX_OPERATIONS: usize = 10_000;

/// A PATCH body.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchRequest {
    /// What to do, in order; at least one.
    pub operations: Vec<PatchOp>,
    /// Tolerances the envelope needed.
    pub quirks: Vec<Quirk>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchOp {
    /// What to do.
    pub verb: PatchVerb,
    /// Where; `None` means the resource.
    pub path: Option<String>,
    /// With what. `Some(Value::Null)` was written as `null`, `None` was not written: the
    /// first unassigns, the second is a mistake.
    pub value: Option<Value>,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchVerb {
    /// Adds values; existing ones stay.
    Add,
    /// Takes values away.
    Remove,
    /// Puts values in place of others.
    Replace,
}

impl PatchVerb {
    /// The word as the RFC writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
        }
    }
}

impl PatchRequest {
    /// Reads a PATCH body. Member names and `op` ignore case, members nobody knows are
    /// ignored, and so is a body without any `schemas`, which home-made clients send.
    ///
    /// # Errors
    ///
    /// `invalidSyntax` if the body is no PATCH message, has no operation, or has one with
    /// an unknown `op`; `invalidPath` for a path that is empty or no text; 413 above
    /// [`MAX_OPERATIONS`].
    pub fn parse(body: Value, profile: Profile) -> Result<Self, ScimError> {
        let Value::Object(members) = body else {
            return Err(ScimError::invalid_syntax(
                "a PATCH body must be a JSON object",
            ));
        };
        let (mut schemas, mut operations) = (Value::Null, Value::Null);
        for (name, value) in members {
            match name.to_ascii_lowercase().as_str() {
                "schemas" => schemas = value,
                "operations" => operations = value,
                _ => {}
            }
        }
        let mut quirks = Vec::new();
        check_schemas(&schemas, &mut quirks)?;
        let Value::Array(operations) = operations else {
            return Err(ScimError::invalid_syntax("`Operations` must be an array"));
        };
        if operations.is_empty() {
            return Err(ScimError::invalid_syntax(
                "`Operations` must hold an operation",
            ));
        }
        if operations.len() > MAX_OPERATIONS {
            return Err(ScimError::too_large(format!(
                "at most {MAX_OPERATIONS} operations are taken in one request"
            )));
        }
        let operations = operations
            .into_iter()
            .enumerate()
            .map(|(index, operation)| read_operation(index, operation, &mut quirks))
            .collect::<Result<_, _>>()?;
        refuse_in_strict(profile, &quirks)?;
        Ok(Self { operations, quirks })
    }
}

fn check_schemas(schemas: &Value, quirks: &mut Vec<Quirk>) -> Result<(), ScimError> {
    let is_patch = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(PATCH_URN))
    };
    match schemas {
        Value::Null => {
            note(quirks, Quirk::MissingSchemas);
            Ok(())
        }
        Value::Array(urns) if urns.iter().any(is_patch) => Ok(()),
        _ => Err(ScimError::invalid_syntax(format!(
            "`schemas` of a PATCH must hold `{PATCH_URN}`"
        ))),
    }
}

fn read_operation(
    index: usize,
    operation: Value,
    quirks: &mut Vec<Quirk>,
) -> Result<PatchOp, ScimError> {
    let wrong = |what: &str| ScimError::invalid_syntax(format!("operation {index}: {what}"));
    let no_path = |what: &str| ScimError::invalid_path(format!("operation {index}: {what}"));
    let Value::Object(members) = operation else {
        return Err(wrong("must be a JSON object"));
    };
    let members = by_lower_case_name(members);
    let op = members
        .get("op")
        .and_then(Value::as_str)
        .ok_or_else(|| wrong("`op` is missing"))?;
    let verb = match op.to_ascii_lowercase().as_str() {
        "add" => PatchVerb::Add,
        "remove" => PatchVerb::Remove,
        "replace" => PatchVerb::Replace,
        _ => return Err(wrong("`op` must be add, remove or replace")),
    };
    if op != verb.as_str() {
        note(quirks, Quirk::CapitalOp);
    }
    let path = match members.get("path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) if path.trim().is_empty() => {
            return Err(no_path(
                "`path` is empty; leave it out to mean the resource",
            ));
        }
        Some(Value::String(path)) => Some(path.trim().to_owned()),
        Some(_) => return Err(no_path("`path` must be a string")),
    };
    Ok(PatchOp {
        verb,
        path,
        value: members.get("value").cloned(),
    })
}

fn by_lower_case_name(members: Map<String, Value>) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ScimType;

    fn request(operations: Value) -> Result<PatchRequest, ScimError> {
        PatchRequest::parse(
            json!({ "schemas": [PATCH_URN], "Operations": operations }),
            Profile::Compat,
        )
    }

    #[test]
    fn op_and_member_names_ignore_case() {
        let body = json!({
            "SCHEMAS": [PATCH_URN],
            "operations": [{ "OP": "Replace", "Path": "active", "VALUE": "False", "name": "x" }],
        });
        let operation = PatchOp {
            verb: PatchVerb::Replace,
            path: Some("active".to_owned()),
            value: Some(json!("False")),
        };
        let expected = PatchRequest {
            operations: vec![operation],
            quirks: vec![Quirk::CapitalOp],
        };
        assert_eq!(PatchRequest::parse(body, Profile::Compat), Ok(expected));
    }

    #[test]
    fn null_and_a_missing_value_differ() {
        let read = request(json!([
            { "op": "replace", "path": "title", "value": null },
            { "op": "remove", "path": "title" },
        ]));
        let values: Vec<_> = read
            .unwrap()
            .operations
            .into_iter()
            .map(|op| op.value)
            .collect();
        assert_eq!(values, [Some(Value::Null), None]);
    }

    #[test]
    fn a_path_that_is_missing_means_the_resource_and_a_blank_one_nothing() {
        let read = request(json!([
            { "op": "add", "value": {} },
            { "op": "add", "path": null, "value": {} },
        ]));
        assert!(read.unwrap().operations.iter().all(|op| op.path.is_none()));
        for path in [json!(""), json!(" "), json!(5), json!(["title"])] {
            let error = request(json!([{ "op": "add", "path": path, "value": {} }])).unwrap_err();
            assert_eq!(error.scim_type, Some(ScimType::InvalidPath), "{path}");
        }
    }

    #[test]
    fn schemas_may_be_missing_but_not_another_message() {
        let operations = json!([{ "op": "remove", "path": "title" }]);
        let read =
            PatchRequest::parse(json!({ "Operations": operations }), Profile::Compat).unwrap();
        assert_eq!(read.quirks, [Quirk::MissingSchemas]);
        let other = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "Operations": operations,
        });
        insta::assert_snapshot!(PatchRequest::parse(other, Profile::Compat).unwrap_err(), @"`schemas` of a PATCH must hold `urn:ietf:params:scim:api:messages:2.0:PatchOp`");
    }

    #[test]
    fn the_error_names_the_operation_that_is_malformed() {
        let error = request(json!([{ "op": "add", "value": {} }, { "op": "move" }])).unwrap_err();
        assert_eq!(
            error,
            ScimError::invalid_syntax("operation 1: `op` must be add, remove or replace")
        );
    }

    #[test]
    fn what_is_no_list_of_operations_is_refused() {
        for operations in [json!([]), json!({}), json!(null), json!([1]), json!([{}])] {
            assert!(request(operations.clone()).is_err(), "{operations}");
        }
    }

    #[test]
    fn too_many_operations_are_answered_with_413() {
        let operation = json!({ "op": "remove", "path": "title" });
        let error = request(Value::from(vec![operation; MAX_OPERATIONS + 1])).unwrap_err();
        assert_eq!((error.status, error.scim_type), (413, None));
    }
}
