//! What a client may do, in bodies: names of scopes, or one word for the two usual sets.

use std::borrow::Cow;

use rollcall_model::{Scope, Scopes};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::api::fields::FieldError;

/// A scope by its name.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ScopeName(Scope);

impl PartialSchema for ScopeName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Scope::ALL.map(Scope::as_str)))
            .build()
            .into()
    }
}

impl ToSchema for ScopeName {
    fn name() -> Cow<'static, str> {
        "Scope".into()
    }
}

/// The names of a set, in their order.
pub(super) fn names(scopes: Scopes) -> Vec<ScopeName> {
    scopes.iter().map(ScopeName).collect()
}

/// One word for one of the two usual sets.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[schema(as = TokenAccess)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    Read,
    Write,
}

/// The set that a caller asks for, by names or by one word: everything, if by neither.
///
/// # Errors
///
/// Both are there, or no name is.
pub(super) fn chosen(
    access: Option<Access>,
    scopes: Option<Vec<ScopeName>>,
) -> Result<Scopes, FieldError> {
    let refused = |reason: &str| {
        Err(FieldError::Invalid {
            field: "scopes".to_owned(),
            reason: reason.to_owned(),
        })
    };
    match (access, scopes) {
        (None, None) | (Some(Access::Write), None) => Ok(Scopes::WRITE),
        (Some(Access::Read), None) => Ok(Scopes::READ),
        (Some(_), Some(_)) => refused("`access` is another way to say the same: give one of them"),
        (None, Some(names)) if names.is_empty() => refused("must name at least one scope"),
        (None, Some(names)) => Ok(names.into_iter().map(|ScopeName(scope)| scope).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_chosen_by_names_or_by_one_word() {
        let users = || Some(vec![ScopeName(Scope::UsersWrite)]);
        assert_eq!(chosen(None, None), Ok(Scopes::WRITE));
        assert_eq!(chosen(Some(Access::Read), None), Ok(Scopes::READ));
        let shown = chosen(None, users()).map(Scopes::names);
        assert_eq!(shown.as_deref(), Ok("users:read users:write"));
        assert!(chosen(Some(Access::Read), users()).is_err());
        assert!(chosen(None, Some(Vec::new())).is_err());
    }
}
