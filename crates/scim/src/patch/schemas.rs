//! Operations on `schemas`. The list is derived from the data, so what they change is the
//! data: a URN taken out of the list takes its extension along.

use serde_json::Value;

use super::Change;
use super::draft::Draft;
use super::target::Target;
use crate::error::ScimError;
use crate::filter;
use crate::quirks::single_object;

impl Draft<'_> {
    /// Adding a URN changes nothing until data comes; the base schema cannot be taken out.
    pub(super) fn change_schemas(
        &mut self,
        target: &Target<'_>,
        change: Change,
    ) -> Result<(), ScimError> {
        let dropped = |urn: &str| match (&change, &target.condition) {
            (Change::Add(_), _) => false,
            (Change::Replace(sent), None) => !names(sent, urn),
            (Change::Remove(Some(sent)), None) => names(sent, urn),
            (Change::Remove(None), None) => true,
            (_, Some(condition)) => {
                filter::element_matches(target.attribute, condition, &Value::from(urn))
            }
        };
        if dropped(&self.kind.schema.id) {
            return Err(ScimError::mutability(format!(
                "`{}` cannot be taken out of `schemas`",
                self.kind.schema.id
            )));
        }
        let kind = self.kind;
        for extension in &kind.extensions {
            if self.attributes.contains_key(&extension.schema.id) && dropped(&extension.schema.id) {
                self.drop_extension(&extension.schema)?;
            }
        }
        Ok(())
    }
}

/// Whether a list of URNs, or one URN alone, holds the URN.
fn names(sent: &Value, urn: &str) -> bool {
    let (urns, _) = single_object::wrap(sent.clone());
    urns.iter().any(|sent| {
        sent.as_str()
            .is_some_and(|sent| sent.eq_ignore_ascii_case(urn))
    })
}
