//! What a sign-in asks: who a subject of a login provider is, and whom it may be.

mod links;
mod people;

use rollcall_model::{EventType, Identity, SignInReason, SsoConnectionId};
use serde_json::json;

use crate::handle::OrgTx;

pub use links::{LinkCursor, NewSignInLink};
pub use people::{Match, Person};

impl OrgTx {
    /// Tells of a denial by an event. `identity` is absent if a token was not accepted.
    pub fn note_sign_in(
        &mut self,
        sso: SsoConnectionId,
        identity: Option<&Identity>,
        reason: SignInReason,
        person: Option<&Person>,
    ) {
        if reason.allows() {
            return;
        }
        let detail = json!({ "sign_in": {
            "sso_connection_id": sso,
            "subject": identity.map(|identity| &identity.subject),
            "email": identity.and_then(|identity| identity.email.as_ref()),
            "user_id": person.map(|person| person.user.id.to_scim()),
            "reason": reason,
        }});
        let connection = person.map(|person| person.scim_connection_id);
        self.outbox
            .push(EventType::SignInDenied, connection, sso, detail);
    }
}
