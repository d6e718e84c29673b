//! English.

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
    "Your API key has the role read_only: you can look at everything and change nothing.";
pub(crate) const NOT_FOR_BOUND: &str =
    "Your API key is bound to one organization, and this belongs to the installation.";
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
