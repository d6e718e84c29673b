//! The chain of hashes over the rows of one organization, or over those of the installation.
//!
//! Each row has the next number of its chain, and a hash over the hash before it, that number and
//! its own content. Whoever changes, removes or moves a row has to write anew every hash after it,
//! which a head that was noted elsewhere shows. What is hashed is written down in
//! docs/security.md, so that it can be computed by others.

use rollcall_model::{AuditId, OrgId, RequestId, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What the form of a row, and of a beginning, begins with.
const FORM: &str = "rollcall-audit-1";

/// SHA-256.
pub(crate) type Hash = [u8; 32];

/// The content of one row: what its hash speaks for.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) org_id: Option<OrgId>,
    pub(crate) id: AuditId,
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) target: String,
    pub(crate) request_id: RequestId,
    /// JSON, as it is stored.
    pub(crate) detail: Option<String>,
}

impl Entry {
    /// SHA-256 of the fields as netstrings: the length in bytes, a colon, the text, a comma.
    /// No detail is `-,`, which no text can be.
    pub(crate) fn digest(&self) -> Hash {
        let mut form = netstring(FORM);
        for field in [
            &organization(self.org_id),
            &self.id.to_string(),
            &self.at.unix_micros().to_string(),
            &self.actor,
            &self.action,
            &self.target,
            &self.request_id.to_string(),
        ] {
            form.push_str(&netstring(field));
        }
        match &self.detail {
            Some(detail) => form.push_str(&netstring(detail)),
            None => form.push_str("-,"),
        }
        Sha256::digest(form).into()
    }
}

/// A place in a chain: the number of a row and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) number: i64,
    pub(crate) hash: Hash,
}

impl Link {
    /// What stands before the first row. Each chain has its own, so that none can pass for another.
    pub(crate) fn beginning(org_id: Option<OrgId>) -> Self {
        let form = netstring(FORM) + &netstring(&organization(org_id));
        Self {
            number: 0,
            hash: Sha256::digest(form).into(),
        }
    }

    /// The place of a row of that digest, if it is the next one.
    pub(crate) fn followed_by(&self, digest: &Hash) -> Self {
        let number = self.number + 1;
        let mut hasher = Sha256::new();
        hasher.update(self.hash);
        hasher.update(number.to_be_bytes());
        hasher.update(digest);
        Self {
            number,
            hash: hasher.finalize().into(),
        }
    }
}

/// How a statement takes the next number of events and appends one row to the chain:
/// [`Link::followed_by`] in the SQL of PostgreSQL. It ends an `insert into event_sequences (org_id,
/// last, active_users, audit_number, audit_hash)`, whose names of parameters are given.
pub(crate) fn appended(beginning: &str, digest: &str) -> String {
    format!(
        "on conflict (org_id) do update set
            last = event_sequences.last + excluded.last,
            active_users = event_sequences.active_users + excluded.active_users,
            audit_number = event_sequences.audit_number + 1,
            audit_hash = sha256(coalesce(event_sequences.audit_hash, {beginning})
                || int8send(event_sequences.audit_number + 1) || {digest})
        returning last, audit_number, audit_hash"
    )
}

/// The organization in the text form of its id; empty for the installation.
fn organization(org_id: Option<OrgId>) -> String {
    org_id.map(|id| id.to_string()).unwrap_or_default()
}

/// The organization as the tables name it.
pub(crate) fn column_of(org_id: Option<OrgId>) -> Uuid {
    org_id.map_or_else(Uuid::nil, OrgId::as_uuid)
}

/// [`column_of`] backwards.
pub(crate) fn of_column(org_id: Uuid) -> Option<OrgId> {
    (!org_id.is_nil()).then(|| OrgId::from_uuid(org_id))
}

fn netstring(text: &str) -> String {
    format!("{}:{text},", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_one_that_the_manual_describes() {
        let entry = Entry {
            org_id: Some(OrgId::from_uuid(Uuid::from_u128(1))),
            id: AuditId::from_uuid(Uuid::from_u128(2)),
            at: Timestamp::from_unix_micros(1_795_924_800_123_000),
            actor: "system".to_owned(),
            action: "organization.updated".to_owned(),
            target: "org_é".to_owned(),
            request_id: RequestId::from_uuid(Uuid::from_u128(3)),
            detail: None,
        };
        let form = "16:rollcall-audit-1,30:org_00000000000000000000000001,\
            30:aud_00000000000000000000000002,16:1795924800123000,6:system,\
            20:organization.updated,6:org_é,30:req_00000000000000000000000003,";
        let sha256 = |bytes: &[u8]| -> Hash { Sha256::digest(bytes).into() };
        let digest = sha256(format!("{form}-,").as_bytes());
        assert_eq!(entry.digest(), digest);
        let detailed = Entry {
            detail: Some("{}".to_owned()),
            ..entry.clone()
        };
        assert_eq!(
            detailed.digest(),
            sha256(format!("{form}2:{{}},").as_bytes())
        );

        let beginning = Link::beginning(entry.org_id);
        let before = b"16:rollcall-audit-1,30:org_00000000000000000000000001,";
        assert_eq!(beginning.hash, sha256(before));
        let of_all = Link::beginning(None);
        assert_eq!(of_all.hash, sha256(b"16:rollcall-audit-1,0:,"));
        let linked = [&beginning.hash[..], &[0, 0, 0, 0, 0, 0, 0, 1], &digest].concat();
        assert_eq!(beginning.followed_by(&digest).hash, sha256(&linked));
    }
}
