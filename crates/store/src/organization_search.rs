//! Finding organizations for people: by the beginning of what they are called, and by the state of
//! their SCIM connections.
//!
//! A search reads organizations from the newest on until the page is full. There are thousands of
//! them and not millions, so no index is kept for it: ten thousand are read in milliseconds.

use std::collections::HashMap;

use rollcall_model::{ConnectionState, OrgId, Organization, Page, PageRequest};
use sea_orm::{ConnectionTrait, EntityTrait, Statement, Value};
use uuid::Uuid;

use crate::attention::REASONS;
use crate::connect::Store;
use crate::entity::organizations;
use crate::error::StoreError;

/// Which organizations are wanted.
#[derive(Clone, Debug, Default)]
pub struct OrganizationQuery {
    /// The beginning of the name, in any letter case, of the slug or of the external id.
    pub begins_with: Option<String>,
    /// A SCIM connection in this state.
    pub state: Option<ConnectionState>,
}

/// How many SCIM connections of an organization are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionStates {
    /// Switched off.
    pub disabled: u64,
    /// Nothing has been heard of the identity provider.
    pub awaiting: u64,
    /// The identity provider makes requests.
    pub connected: u64,
    /// Something needs a person.
    pub attention: u64,
}

/// The condition on a connection `s` under which it is in a state. `$1` is now.
fn condition(state: ConnectionState) -> String {
    match state {
        ConnectionState::Disabled => "not s.enabled and $1 > 0".to_owned(),
        ConnectionState::AwaitingFirstRequest => {
            "s.enabled and s.first_request_at is null and $1 > 0".to_owned()
        }
        ConnectionState::Connected => {
            format!(
                "s.enabled and s.first_request_at is not null and {} = 0",
                *REASONS
            )
        }
        ConnectionState::Attention => {
            format!(
                "s.enabled and s.first_request_at is not null and {} <> 0",
                *REASONS
            )
        }
    }
}

/// A text as the beginning of what `like` matches, its signs taken for themselves.
fn beginning(text: &str) -> String {
    let mut pattern = String::new();
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern + "%"
}

impl Store {
    /// Finds organizations, newest first. This crosses organizations, so it is for the vendor's
    /// callers only.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn search_organizations(
        &self,
        query: &OrganizationQuery,
        page: PageRequest<OrgId>,
    ) -> Result<Page<Organization, OrgId>, StoreError> {
        let mut values: Vec<Value> = vec![self.clock().now().unix_micros().into()];
        let mut wanted = vec!["$1 > 0".to_owned()];
        let mut place = |value: Value| {
            values.push(value);
            format!("${}", values.len())
        };
        if let Some(after) = page.after {
            wanted.push(format!("o.id < {}", place(after.as_uuid().into())));
        }
        if let Some(text) = &query.begins_with {
            let like = place(beginning(text).into());
            wanted.push(format!(
                "(lower(o.name) like lower({like}) escape '\\' \
                 or o.slug like lower({like}) escape '\\' \
                 or o.external_id like {like} escape '\\')"
            ));
        }
        if let Some(state) = query.state {
            let condition = condition(state);
            wanted.push(format!(
                "exists (select 1 from scim_connections s where s.org_id = o.id and {condition})"
            ));
        }
        let limit = place(i64::try_from(page.limit + 1).unwrap_or(i64::MAX).into());
        let sql = format!(
            "select o.* from organizations o where {} order by o.id desc limit {limit}",
            wanted.join(" and ")
        );
        let statement = Statement::from_sql_and_values(self.db.get_database_backend(), sql, values);
        let rows = organizations::Entity::find().from_raw_sql(statement);
        let items = rows.all(&self.db).await?.into_iter();
        let items = items
            .map(Organization::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::from_one_more(
            items,
            page.limit,
            |item: &Organization| item.id,
        ))
    }

    /// In which states the SCIM connections of some organizations are; one without any is absent.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn connection_states(
        &self,
        organizations: &[OrgId],
    ) -> Result<HashMap<OrgId, ConnectionStates>, StoreError> {
        let mut states: HashMap<OrgId, ConnectionStates> = HashMap::new();
        if organizations.is_empty() {
            return Ok(states);
        }
        let places: Vec<_> = (2..organizations.len() + 2)
            .map(|place| format!("${place}"))
            .collect();
        let sql = format!(
            "select s.org_id as org_id, s.enabled as enabled,
                s.first_request_at is not null as asked, {} = 0 as well
             from scim_connections s where s.org_id in ({})",
            *REASONS,
            places.join(", ")
        );
        let now = self.clock().now().unix_micros();
        let ids = organizations.iter().map(|id| id.as_uuid().into());
        let values: Vec<Value> = std::iter::once(now.into()).chain(ids).collect();
        let statement = Statement::from_sql_and_values(self.db.get_database_backend(), sql, values);
        for row in self.db.query_all_raw(statement).await? {
            let id = OrgId::from_uuid(row.try_get::<Uuid>("", "org_id")?);
            let states = states.entry(id).or_default();
            let is = |column: &str| row.try_get::<bool>("", column);
            match (is("enabled")?, is("asked")?, is("well")?) {
                (false, _, _) => states.disabled += 1,
                (true, false, _) => states.awaiting += 1,
                (true, true, true) => states.connected += 1,
                (true, true, false) => states.attention += 1,
            }
        }
        Ok(states)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_like_stand_for_themselves() {
        assert_eq!(beginning("50%_a\\"), "50\\%\\_a\\\\%");
    }
}
