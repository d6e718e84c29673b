//! Walking a list by cursor (RFC 9865).
//!
//! A cursor is the place after which the next page begins, sealed and carried by the client, so
//! nothing is kept here for a walk that nobody goes on with, and any replica serves the next page.
//! It opens only for the token that it was given to and for the same query, and whatever is wrong
//! with it is answered in the same words. What changed in the list since is seen: a page is read
//! with the rights, and from the rows, that there are when it is asked for.

use rollcall_model::{GroupId, Timestamp, UserId, chain};
use rollcall_scim::filter::SearchKey;
use rollcall_scim::message::ListQuery;
use rollcall_scim::{ScimError, Sort};
use rollcall_store::{DirectoryId, Position};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use sha2::{Digest, Sha256};

use super::failure::ScimFailure;
use super::tenant::Tenant;

/// A walk, at the page that is asked for.
pub(super) struct Walk {
    /// What its cursors belong to.
    owner: [u8; 32],
    /// The page size that was asked for; it may not change on the way.
    count: Option<u64>,
    /// Where the page begins; `None` at the beginning of the list.
    pub(super) after: Option<Position>,
}

/// What a cursor holds.
#[derive(Serialize, Deserialize)]
struct Content {
    /// When it was made, in microseconds since 1970.
    at: i64,
    count: Option<u64>,
    key: Option<Key>,
    id: Id,
}

#[derive(Serialize, Deserialize)]
enum Key {
    #[serde(rename = "t")]
    Text(String),
    /// As text, because reading a JSON number may change its last digit.
    #[serde(rename = "n")]
    Number(String),
}

#[derive(Serialize, Deserialize)]
enum Id {
    #[serde(rename = "u")]
    User(String),
    #[serde(rename = "g")]
    Group(String),
}

impl Walk {
    /// The walk that a query begins or goes on with; `None` if it wants a page by number.
    ///
    /// # Errors
    ///
    /// `invalidCursor`, `expiredCursor`, or `invalidCount` if the page size changed.
    pub(super) fn read(
        tenant: &Tenant,
        endpoint: &str,
        query: &ListQuery,
        sort: Option<&Sort>,
    ) -> Result<Option<Self>, ScimFailure> {
        let Some(cursor) = &query.cursor else {
            return Ok(None);
        };
        let mut walk = Self {
            owner: owner(tenant, endpoint, query, sort.is_some()),
            count: query.count,
            after: None,
        };
        if cursor.is_empty() {
            return Ok(Some(walk));
        }
        let keys = tenant.app.sealing_key.cursors();
        let content: Content = keys
            .open(cursor, &walk.owner)
            .and_then(|content| serde_json::from_slice(&content).ok())
            .ok_or_else(ScimError::invalid_cursor)?;
        let now = tenant.app.store.clock().now();
        let made_at = Timestamp::from_unix_micros(content.at);
        if now.since(made_at) > tenant.app.settings.limits.cursor_timeout {
            return Err(ScimError::expired_cursor().into());
        }
        if content.count != query.count {
            let detail = "`count` must stay what it was when the walk began";
            return Err(ScimError::invalid_count(detail).into());
        }
        let position = content.position().ok_or_else(ScimError::invalid_cursor)?;
        // The schema may have changed since, and with it what the values are.
        let fits = |key: &SearchKey| sort.is_some_and(|sort| sort.fits(key));
        if !position.key.as_ref().is_none_or(fits) {
            return Err(ScimError::invalid_cursor().into());
        }
        walk.after = Some(position);
        Ok(Some(walk))
    }

    /// The cursor of the page after a place.
    pub(super) fn next(&self, tenant: &Tenant, last: &Position) -> Result<String, ScimFailure> {
        let content = Content {
            at: tenant.app.store.clock().now().unix_micros(),
            count: self.count,
            key: last.key.as_ref().map(|key| match key {
                SearchKey::Text(text) => Key::Text(text.clone()),
                SearchKey::Number(number) => Key::Number(number.to_string()),
                SearchKey::Boolean(value) => Key::Number(u8::from(*value).to_string()),
            }),
            id: match last.id {
                DirectoryId::User(id) => Id::User(id.to_scim()),
                DirectoryId::Group(id) => Id::Group(id.to_scim()),
            },
        };
        let sealed = serde_json::to_vec(&content)
            .map_err(|error| chain(&error))
            .and_then(|content| {
                let keys = tenant.app.sealing_key.cursors();
                keys.seal(&content, &self.owner)
                    .map_err(|error| chain(&error))
            });
        sealed.map_err(ScimFailure::Unsealed)
    }
}

impl Content {
    fn position(self) -> Option<Position> {
        let key = match self.key {
            None => None,
            Some(Key::Text(text)) => Some(SearchKey::Text(text)),
            Some(Key::Number(text)) => Some(SearchKey::Number(number(&text)?)),
        };
        let id = match self.id {
            Id::User(id) => UserId::from_scim(&id)?.into(),
            Id::Group(id) => GroupId::from_scim(&id)?.into(),
        };
        Some(Position { key, id })
    }
}

/// The number of that text, to its last digit.
fn number(text: &str) -> Option<Number> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(whole.into());
    }
    text.parse().ok().and_then(Number::from_f64)
}

/// What the cursors of a walk belong to: the token and the query, page size aside, which has an
/// error of its own. Each part is preceded by its length, so that no two queries look alike.
fn owner(tenant: &Tenant, endpoint: &str, query: &ListQuery, sorted: bool) -> [u8; 32] {
    let order = |text: &Option<String>| text.clone().filter(|_| sorted);
    let parts = [
        Some(tenant.handle.org_id().to_string()),
        Some(tenant.handle.connection_id().to_string()),
        Some(tenant.credential().to_string()),
        Some(endpoint.to_owned()),
        query.filter.clone(),
        order(&query.sort_by),
        order(&query.sort_order),
        query.attributes.clone(),
        query.excluded.clone(),
    ];
    let mut digest = Sha256::new();
    for part in parts {
        let length = part.as_ref().map_or(u64::MAX, |part| part.len() as u64);
        digest.update(length.to_be_bytes());
        digest.update(part.unwrap_or_default());
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_back_to_its_last_digit() {
        for text in [
            "0",
            "-7",
            "18446744073709551615",
            "0.1",
            "1e-7",
            "5e-324",
            "1.7976931348623157e308",
        ] {
            let read: Number = number(text).unwrap();
            assert_eq!(
                read.as_f64().unwrap().to_bits(),
                text.parse::<f64>().unwrap().to_bits()
            );
        }
        assert_eq!(number("NaN"), None);
    }
}
