//! What a sign-in asks: who a subject of a login provider is, and whom it may be.

mod links;
mod people;

use rollcall_model::{EventType, Identity, SignInReason, SsoConnectionId};
use serde_json::json;

use crate::handle::OrgTx;

pub use links::{LinkCursor, NewSignInLink};
pub use people::{Match, Person};

/// What is to be written down of a decision.
pub struct SignInNote<'n> {
    /// The login provider.
    pub sso_connection_id: SsoConnectionId,
    /// Who asked; `None` if a token was not accepted.
    pub identity: Option<&'n Identity>,
    /// What was decided.
    pub reason: SignInReason,
    /// What exactly was wrong with a token.
    pub detail: Option<&'n str>,
    /// The user that the person is.
    pub person: Option<&'n Person>,
}

impl OrgTx {
    /// Writes a decision down: in the audit log, and a denial as an event.
    pub fn note_sign_in(&mut self, note: &SignInNote<'_>) {
        let told = json!({ "sign_in": {
            "sso_connection_id": note.sso_connection_id,
            "subject": note.identity.map(|identity| &identity.subject),
            "email": note.identity.and_then(|identity| identity.email.as_ref()),
            "user_id": note.person.map(|person| person.user.id.to_scim()),
            "reason": note.reason,
            "detail": note.detail,
        }});
        let connection = note.person.map(|person| person.scim_connection_id);
        let target = note.sso_connection_id;
        if note.reason.allows() {
            self.note("sign_in.allowed", target, told);
        } else {
            let kind = EventType::SignInDenied;
            self.outbox.push(kind, connection, target, told);
        }
    }
}
