//! English.

mod connection;
pub(crate) mod guides;
mod lists;
mod organization;
mod policy;
pub(crate) mod portal;
mod sso;
mod webhooks;

pub(crate) use connection::*;
pub(crate) use lists::*;
pub(crate) use organization::*;
pub(crate) use policy::*;
pub(crate) use sso::*;
pub(crate) use webhooks::*;

// Everywhere
pub(crate) const LANG: &str = "en";
pub(crate) const PRODUCT: &str = "Rollcall";
pub(crate) const SKIP: &str = "Skip to the content";
pub(crate) const MENU: &str = "Main menu";
pub(crate) const CRUMBS: &str = "Where you are";
pub(crate) const COPY: &str = "Copy";
pub(crate) const COPIED: &str = "Copied";
pub(crate) const PAGES: &str = "Pages of this list";
pub(crate) const FIRST_PAGE: &str = "Back to the first page";
pub(crate) const NEXT_PAGE: &str = "Next page";
pub(crate) const TYPE_TO_CONFIRM: &str = "To confirm, type";
pub(crate) const REQUEST: &str = "Request";
pub(crate) const BACK: &str = "Back to the start";

// Errors
pub(crate) const NOT_FOUND: &str = "There is nothing here";
pub(crate) const NOT_FOUND_SAYS: &str =
    "The address may be mistyped, or what was here has been deleted.";
pub(crate) const FORBIDDEN: &str = "You may not do this";
pub(crate) const OLD_FORM: &str = "This form is out of date";
pub(crate) const OLD_FORM_SAYS: &str = "It was not sent from a page of the session you are in. \
     Nothing was changed. Load the page again and send it once more.";
pub(crate) const BAD_REQUEST: &str = "This could not be done";
pub(crate) const BAD_REQUEST_SAYS: &str = "The request was not one that this page understands.";
pub(crate) const TOO_MANY: &str = "Too many attempts";
pub(crate) const TOO_MANY_SAYS: &str =
    "There were many failed attempts from your address. Wait a minute, then try again.";
pub(crate) const UNAVAILABLE: &str = "Not available at the moment";
pub(crate) const UNAVAILABLE_SAYS: &str =
    "The database or another service does not answer. Try again in a moment.";
pub(crate) const FAILED: &str = "Something went wrong";
pub(crate) const FAILED_SAYS: &str =
    "This is a fault of Rollcall. What happened stands in its log, under the id below.";

// Signing in
pub(crate) const SIGN_IN: &str = "Sign in";
pub(crate) const SIGN_OUT: &str = "Sign out";
pub(crate) const SIGN_IN_LEAD: &str = "The operator console opens with an API key.";
pub(crate) const API_KEY: &str = "API key";
pub(crate) const API_KEY_HELP: &str =
    "What you may see and change is what the key may. You stay signed in for up to 12 hours.";
pub(crate) const WRONG_KEY: &str =
    "There is no such API key. It may have been deleted, or not been copied as a whole.";
pub(crate) const READ_ONLY: &str =
    "Your role is read_only: you can look at everything and change nothing.";
pub(crate) const NOT_FOR_BOUND: &str =
    "You are bound to one organization, and this belongs to the installation.";
pub(crate) const OR_BY_KEY: &str = "Or with an API key";
pub(crate) const SIGN_IN_STALE: &str = "This sign-in was not begun in this browser, or more than ten \
     minutes ago, or another one was begun since. Begin it again.";
pub(crate) const SIGN_IN_SPENT: &str =
    "This sign-in was used before. Begin it again; nobody was signed in by it just now.";
pub(crate) fn sign_in_with(name: &str) -> String {
    format!("Sign in with {name}")
}
pub(crate) fn sign_in_denied(name: &str) -> String {
    format!("{name} did not sign you in. Try again, or ask whoever manages your account there.")
}
pub(crate) fn sign_in_not_believed(name: &str) -> String {
    format!(
        "What {name} answered could not be accepted, so you are not signed in. Try again; if it \
         happens again, the reason stands in the log of Rollcall."
    )
}
pub(crate) fn sign_in_unavailable(name: &str) -> String {
    format!("{name} does not answer as it should. Try again in a moment, or use an API key.")
}
pub(crate) fn sign_in_no_role(name: &str) -> String {
    format!(
        "{name} knows you, but gives you no role that opens this console. Ask whoever manages your \
         account there."
    )
}
pub(crate) const ROLE_ADMIN: &str = "May read and change";
pub(crate) const ROLE_READ_ONLY: &str = "May read";

// Menu
pub(crate) const ORGANIZATIONS: &str = "Organizations";
pub(crate) const WEBHOOKS: &str = "Webhooks";
pub(crate) const AUDIT_LOG: &str = "Audit log";
pub(crate) const API_KEYS: &str = "API keys";

/// A danger was confirmed by another name.
pub(crate) fn unconfirmed(name: &str) -> String {
    format!("Nothing was changed. To confirm, type exactly this: {name}")
}

// Time
pub(crate) fn ago(length: &str) -> String {
    if length == NO_TIME {
        "just now".to_owned()
    } else {
        format!("{length} ago")
    }
}
pub(crate) fn ahead(length: &str) -> String {
    format!("in {length}")
}
const NO_TIME: &str = "0 seconds";
fn plural(count: u64, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{} {many}", number(count))
    }
}
pub(crate) fn seconds(count: u64) -> String {
    plural(count, "second", "seconds")
}
pub(crate) fn minutes(count: u64) -> String {
    plural(count, "minute", "minutes")
}
pub(crate) fn hours(count: u64) -> String {
    plural(count, "hour", "hours")
}
pub(crate) fn days(count: u64) -> String {
    plural(count, "day", "days")
}

/// A number with a comma before every three digits.
pub(crate) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

// Organizations
pub(crate) const ORGANIZATIONS_LEAD: &str = "Each is one customer, apart from all others.";
pub(crate) const ORGANIZATION: &str = "Organization";
pub(crate) const NEW_ORGANIZATION: &str = "New organization";
pub(crate) const NEW_ORGANIZATION_LEAD: &str =
    "One customer of yours. Connections are added on its page.";
pub(crate) const CREATE_ORGANIZATION: &str = "Create organization";
pub(crate) const SEARCH: &str = "Search";
pub(crate) const SEARCH_ORGANIZATIONS: &str = "Beginning of name, slug or external id";
pub(crate) const STATE: &str = "State";
pub(crate) const STATES: &[(&str, &str)] = &[
    ("", "Any state"),
    ("attention", "Needs attention"),
    ("connected", "Connected"),
    ("awaiting_first_request", "Awaiting first request"),
    ("disabled", "Disabled"),
];
pub(crate) const NO_MATCH: &str = "Nothing matches";
pub(crate) const NO_MATCH_SAYS: &str = "Try the beginning of another name, or any state.";
pub(crate) const NO_ORGANIZATIONS: &str = "No organizations yet";
pub(crate) const NO_ORGANIZATIONS_SAYS: &str =
    "Create one for your first customer, here or with the management API.";
pub(crate) const SCIM_CONNECTIONS: &str = "SCIM connections";
pub(crate) const EXTERNAL_ID: &str = "External id";
pub(crate) const EXTERNAL_ID_HELP: &str = "Your own id of this customer, if you have one.";
pub(crate) const CREATED: &str = "Created";
pub(crate) const NONE_YET: &str = "None yet";
pub(crate) const NAME: &str = "Name";
pub(crate) const ORGANIZATION_NAME_HELP: &str = "What people call it.";
pub(crate) const SLUG: &str = "Slug";
pub(crate) const SLUG_HELP: &str =
    "Its name in addresses: lower-case letters, digits and hyphens. Made from the name if empty.";
pub(crate) const CANCEL: &str = "Cancel";
pub(crate) const EDIT: &str = "Edit";
pub(crate) const SAVE: &str = "Save";
pub(crate) fn saved(name: &str) -> String {
    format!("{name} was saved.")
}
pub(crate) fn state(state: rollcall_model::ConnectionState) -> &'static str {
    use rollcall_model::ConnectionState as S;
    match state {
        S::Attention => "Needs attention",
        S::Connected => "Connected",
        S::AwaitingFirstRequest => "Awaiting first request",
        S::Disabled => "Disabled",
    }
}
pub(crate) fn counted(says: &str, count: u64) -> String {
    if count == 1 {
        says.to_owned()
    } else {
        format!("{says} × {}", number(count))
    }
}
pub(crate) fn organization_created(name: &str) -> String {
    format!("{name} was created.")
}
