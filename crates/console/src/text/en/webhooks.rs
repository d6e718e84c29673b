//! English: making, changing and deleting webhook endpoints.

use super::number;

pub(crate) const DELIVERIES: &str = "Deliveries";
pub(crate) const SETTINGS: &str = "Settings";
pub(crate) const NEW_WEBHOOK: &str = "New webhook endpoint";
pub(crate) const NEW_WEBHOOK_LEAD: &str =
    "Events are sent there from now on. Its secret is shown once, on the next page.";
pub(crate) const CREATE_WEBHOOK: &str = "Create webhook endpoint";
pub(crate) const CHANGE_WEBHOOK: &str = "Change";
pub(crate) const CHANGE_WEBHOOK_LEAD: &str = "Types hold for events from now on.";
pub(crate) const WHERE_TO: &str = "Where to";
pub(crate) const WEBHOOK_URL: &str = "URL";
pub(crate) const WEBHOOK_URL_HELP: &str = "An address that begins with https://. Plain http only into a network that the configuration allows.";
pub(crate) const DESCRIPTION: &str = "Description";
pub(crate) const DESCRIPTION_HELP: &str = "What it is, for people.";
pub(crate) const WEBHOOK_ORGANIZATION_HELP: &str = "The slug or id of the one organization whose events are sent. Empty: those of all. It cannot be \
     changed later.";
pub(crate) const WHAT_IS_SENT: &str = "What is sent";
pub(crate) const TYPES_HELP: &str = "None ticked: every type, those of later releases too.";
pub(crate) const HOW_IT_IS_SENT: &str = "How it is sent";
pub(crate) const ORDERED: &str = "Strictly in order";
pub(crate) const ORDERED_HELP: &str =
    "The next event of an organization is sent only when the one before was delivered or given up.";
pub(crate) const IN_FLIGHT: &str = "Requests at once";
pub(crate) const IN_FLIGHT_HELP: &str = "1 to 64; 8 if a new endpoint says nothing.";
pub(crate) const TIMEOUT: &str = "Time to answer";
pub(crate) const TIMEOUT_HELP: &str = "In seconds, 1 to 60; 15 if a new endpoint says nothing.";
pub(crate) const SENDS: &str = "Events are sent";
pub(crate) const SENDS_HELP: &str = "Otherwise they are queued until it is resumed.";
pub(crate) const WEBHOOK_SECRET: &str = "Signing secret";
pub(crate) const WEBHOOK_SECRET_MADE: &str = "New signing secret";
pub(crate) const WEBHOOK_CHANGED: &str = "The endpoint was changed.";
pub(crate) const PAUSE: &str = "Pause";
pub(crate) const PAUSE_DOES: &str =
    "Pausing holds events back: they are queued, and sent once it is resumed.";
pub(crate) const RESUME: &str = "Resume";
pub(crate) const RESUME_DOES: &str = "What was queued meanwhile is sent, in the order it came.";
pub(crate) const WEBHOOK_PAUSED: &str = "It is paused. Events are queued until it is resumed.";
pub(crate) const WEBHOOK_RESUMED: &str = "It is resumed. What was queued is sent now.";
pub(crate) const SEND_TEST: &str = "Send a test";
pub(crate) const TEST_DOES: &str =
    "A test is an event of the type webhook_endpoint.test, which stands in no feed.";
pub(crate) const WEBHOOK_TESTED: &str =
    "A test was queued. Load this page again to see what became of it.";
pub(crate) const SECRETS: &str = "Signing secrets";
pub(crate) const SECRETS_LEAD: &str = "What signs each request. None of them can be shown again.";
pub(crate) const SIGNS_UNTIL: &str = "Signs until";
pub(crate) const REPLACED_NEVER: &str = "It is replaced";
pub(crate) const ROTATE: &str = "Make a new secret";
pub(crate) const ROTATE_DOES: &str = "The new secret is shown once, on the next page. While the one before signs along, receivers with \
     either of them accept each request; without an overlap those with the old one refuse everything at once.";
pub(crate) const ROTATE_OVERLAP: &str = "The secret of before";
pub(crate) const SECRET_OVERLAPS: &[(&str, &str)] = &[
    ("86400", "Signs along for 1 day"),
    ("3600", "Signs along for 1 hour"),
    ("604800", "Signs along for 7 days"),
    ("0", "Ends now"),
];
pub(crate) const REPLAY: &str = "Send events again";
pub(crate) const REPLAY_DOES: &str = "Queues a range of the feed for this endpoint, of the events that it is meant for and that are still \
     kept. They have the ids that they had before, so a receiver that remembers ids takes none twice.";
pub(crate) const REPLAY_AFTER: &str = "After position";
pub(crate) const REPLAY_AFTER_HELP: &str =
    "The position in the feed of the last event that need not be sent. 0 is the beginning.";
pub(crate) const REPLAY_UP_TO: &str = "Up to position";
pub(crate) const REPLAY_UP_TO_HELP: &str = "Empty: to the end of the feed.";
pub(crate) const REPLAY_TYPES: &str = "Only these types";
pub(crate) const REPLAY_TYPES_HELP: &str =
    "Such as user.created, user.deleted. Empty: every type that the endpoint is sent.";
pub(crate) const REPLAY_NOW: &str = "Queue them";
pub(crate) fn replayed(queued: u64) -> String {
    match queued {
        1 => "1 event was queued.".to_owned(),
        queued => format!("{} events were queued.", number(queued)),
    }
}
pub(crate) const DELETE_WEBHOOK: &str = "Delete this endpoint";
pub(crate) const DELETE_WEBHOOK_DOES: &str = "Nothing is sent there any more, neither what waits for it nor what comes. What is known of its \
     deliveries goes with it, and its secrets sign nothing any more.";
pub(crate) fn webhook_deleted(url: &str) -> String {
    format!("{url} was deleted.")
}
