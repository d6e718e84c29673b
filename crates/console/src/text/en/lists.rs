//! English: webhooks, the audit log and API keys.

use rollcall_model::PauseReason;

use super::number;

pub(crate) const ALL_ORGANIZATIONS: &str = "All";
pub(crate) const WEBHOOKS_LEAD: &str = "Where your product is told of changes.";
pub(crate) const TYPES: &str = "Types";
pub(crate) const EVERY_TYPE: &str = "Every type";
pub(crate) const NO_WEBHOOKS: &str = "No webhook endpoints";
pub(crate) const NO_WEBHOOKS_SAYS: &str = "Make one, or follow the event feed: both tell the same.";
pub(crate) const WORKING: &str = "Working";
pub(crate) const PAUSED: &str = "Paused";
pub(crate) const FAILING: &str = "Failing";
pub(crate) fn paused(reason: PauseReason, since: &str) -> String {
    let why = match reason {
        PauseReason::Manual => "by hand",
        PauseReason::Failing => "because it kept failing",
        PauseReason::Gone => "because it answered that it is gone",
    };
    format!("{why}, {since}")
}
pub(crate) fn failing(failures: u32, since: &str) -> String {
    format!(
        "{} times in a row, since {since}",
        number(u64::from(failures))
    )
    .replace("since in", "in")
}
pub(crate) const DELIVERIES_LEAD: &str = "Events on their way there, the newest first.";
pub(crate) const DELIVERY_STATES: &[(&str, &str)] = &[
    ("", "Any state"),
    ("failed", "Failed"),
    ("pending", "Pending"),
    ("delivered", "Delivered"),
];
pub(crate) const DELIVERED: &str = "Delivered";
pub(crate) const DELIVERY_FAILED: &str = "Failed";
pub(crate) const PENDING: &str = "Pending";
pub(crate) const ATTEMPTS: &str = "Attempts";
pub(crate) const ATTEMPT: &str = "Attempt";
pub(crate) const ANSWER: &str = "Answer";
pub(crate) const NO_ANSWER: &str = "No answer";
pub(crate) const QUEUED: &str = "Queued";
pub(crate) const REDELIVER: &str = "Deliver again";
pub(crate) const REDELIVERED: &str = "It is sent again as soon as it can be.";
pub(crate) const NO_DELIVERIES: &str = "No deliveries";
pub(crate) const NO_DELIVERIES_SAYS: &str = "Nothing of this kind was queued, or it was long ago.";
pub(crate) const NO_ATTEMPTS: &str = "Not tried yet";
pub(crate) const NO_ATTEMPTS_SAYS: &str = "It waits for its turn.";

pub(crate) const AUDIT_LEAD: &str =
    "Who did what, in a chain that shows if a row is changed or removed; the newest first.";
pub(crate) const ACTION_EXACTLY: &str = "Action, such as scim_token.created";
pub(crate) const ORGANIZATION_SLUG: &str = "Organization, by slug or id";
pub(crate) const NO_AUDIT: &str = "Nothing here";
pub(crate) const NO_AUDIT_SAYS: &str = "No row is about that.";

pub(crate) const API_KEYS_LEAD: &str =
    "Your credentials: for the management API, and for this console.";
pub(crate) const NEW_API_KEY: &str = "New API key";
pub(crate) const NEW_API_KEY_LEAD: &str = "Its secret is shown once, on the next page.";
pub(crate) const KEY_NAME_HELP: &str = "Who or what uses it: it stands in the audit log.";
pub(crate) const KEY_ORGANIZATION_HELP: &str =
    "The slug or id of the one organization that it opens. Empty: it opens all of them.";
pub(crate) const KEY_ROLE_HELP: &str = "read_only sees everything and changes nothing.";
pub(crate) const CREATE_API_KEY: &str = "Create API key";
pub(crate) const KEY_MADE: &str = "New API key";
pub(crate) const DELETE: &str = "Delete";
pub(crate) const DELETE_API_KEY: &str = "Delete this key";
pub(crate) fn delete_key_does(name: &str, own: bool) -> String {
    let also = if own {
        " It is the key that you are signed in with, so you are signed out."
    } else {
        ""
    };
    format!(
        "Whatever uses the key {name} is refused from this moment on, and whoever is signed in here \
         with it is signed out.{also}"
    )
}
pub(crate) fn key_deleted(name: &str) -> String {
    format!("The key {name} was deleted.")
}
