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
