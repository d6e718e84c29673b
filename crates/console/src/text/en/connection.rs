//! English: the pages of one SCIM connection and of one user.

use rollcall_model::{Attention, AttentionReason, RequestCategory, RoleSource};

use super::number;

pub(crate) const PARTS: &str = "Parts of this page";
pub(crate) const OVERVIEW: &str = "Overview";
pub(crate) const PARKED: &str = "Parked";
pub(crate) const REQUEST_LOG: &str = "Requests";
pub(crate) const EVENTS: &str = "Events";
pub(crate) const NEEDS_ATTENTION: &str = "This connection needs attention";
pub(crate) const WAITING: &str = "Nothing has been heard of the identity provider";
pub(crate) const WAITING_SAYS: &str =
    "The connection is set up. It becomes connected with the first request that brings its token.";
/// Why a connection needs attention, and what to do.
pub(crate) fn attention(attention: &Attention) -> String {
    let what_to_do = match attention.reason {
        AttentionReason::NoLiveToken => {
            "Make a new token and give it to the customer's administrator, or send them a portal link."
        }
        AttentionReason::TokenExpiring => {
            "Make the next token now and have it put into the identity provider; both work until this \
             one ends."
        }
        AttentionReason::AuthFailing => {
            "See under Requests which token it sends and why that is refused, and have the right one put \
             into the identity provider."
        }
        AttentionReason::ErrorsRising => {
            "See under Requests what fails; each line says who has to change what."
        }
        AttentionReason::Quiet => {
            "Ask the customer's administrator whether provisioning is still switched on in the identity \
             provider, and what it says of its last run."
        }
    };
    format!("{} {what_to_do}", attention.detail)
}
pub(crate) const REQUESTS_24H: &str = "Requests, last 24 hours";
pub(crate) const FAILED_24H: &str = "Failed, last 24 hours";
pub(crate) const ACTIVITY: &str = "Activity";
pub(crate) const ACTIVITY_LEAD: &str =
    "Requests in the log, by hour, over the last 24 hours (UTC).";
pub(crate) const NO_ACTIVITY: &str = "Nothing was asked in this time.";
pub(crate) const ANSWERED: &str = "Answered";
pub(crate) const FAILED_REQUESTS: &str = "Answered with an error";
pub(crate) fn chart_says(requests: u64, failures: u64) -> String {
    format!(
        "{} requests in the last 24 hours, {} of them answered with an error",
        number(requests),
        number(failures)
    )
}
pub(crate) fn hour_says(from: &str, requests: u64, failures: u64) -> String {
    format!(
        "{from}: {} requests, {} failed",
        number(requests),
        number(failures)
    )
}
pub(crate) const ENDPOINT: &str = "Endpoint";
pub(crate) const ENDPOINT_URL: &str = "Endpoint URL";
pub(crate) const ENDPOINT_LEAD: &str =
    "What to type into the identity provider. One of them is enough.";
pub(crate) const BY_PATH: &str = "Works always";
pub(crate) const BY_HOST: &str = "By the host of the organization";
pub(crate) const BY_TOKEN: &str = "By the token alone";
pub(crate) const DETAILS: &str = "Details";
pub(crate) const RECOGNISED: &str = "Recognised as";
pub(crate) const FIRST_REQUEST: &str = "First request";

pub(crate) const TOKENS: &str = "Tokens";
pub(crate) const TOKEN: &str = "Token";
pub(crate) const TOKENS_LEAD: &str = "What the identity provider shows with each request. To rotate, make a new one and let the \
     others end a little later.";
pub(crate) const NO_TOKENS: &str = "No tokens";
pub(crate) const NO_TOKENS_SAYS: &str = "Without one every request is refused.";
pub(crate) const TOKEN_ACTIVE: &str = "Active";
pub(crate) const TOKEN_EXPIRING: &str = "Expires soon";
pub(crate) const TOKEN_EXPIRED: &str = "Expired";
pub(crate) const TOKEN_REVOKED: &str = "Revoked";
pub(crate) const TOKEN_OVERLAP: &str = "Being replaced";
pub(crate) fn ends(when: &str) -> String {
    format!("works until {when}").replace("until in ", "for ")
}
pub(crate) const LAST_USED: &str = "Last used";
pub(crate) const EXPIRES: &str = "Expires";
pub(crate) const REVOKE: &str = "Revoke";
pub(crate) const REVOKE_NOW: &str = "Revoke now";
pub(crate) fn revoke_does(name: &str) -> String {
    format!(
        "Requests with the token {name} are refused from this moment on, on every server. If the \
         identity provider has no other one, it stops provisioning."
    )
}
pub(crate) fn token_revoked(name: &str) -> String {
    format!("The token {name} was revoked.")
}
pub(crate) const NEW_TOKEN: &str = "New token, or rotate";
pub(crate) const TOKEN_NAME_HELP: &str = "To tell it from the others, such as the month.";
pub(crate) const DAYS: &str = "Expires after days";
pub(crate) const DAYS_HELP: &str = "1 to 365.";
pub(crate) const DAYS_WRONG: &str = "How many days a token lives has to be a number from 1 to 365.";
pub(crate) const PREVIOUS: &str = "The tokens that there are";
pub(crate) const PREVIOUS_HELP: &str =
    "Overlap gives somebody the time to put the new token into the identity provider.";
pub(crate) const OVERLAPS: &[(&str, &str)] = &[
    ("keep", "Stay as they are"),
    ("3600", "End in 1 hour"),
    ("86400", "End in 1 day"),
    ("604800", "End in 7 days"),
    ("2592000", "End in 30 days"),
    ("0", "End now"),
];
pub(crate) const CREATE_TOKEN: &str = "Create token";
pub(crate) const TOKEN_MADE: &str = "New token";
pub(crate) fn token_made(name: &str) -> String {
    format!("Token {name}")
}
pub(crate) const ONCE: &str = "This is shown once";
pub(crate) const ONCE_SAYS: &str = "Copy it now and put it where it belongs. Nobody can read it again, not here and not in the \
     database. If it gets lost, make a new one.";
pub(crate) const COPIED_IT: &str = "I have copied it";

pub(crate) const DISABLE: &str = "Disable this connection";
pub(crate) const DISABLE_DOES: &str = "Its requests are refused with 403 until it is enabled again. Users, groups and tokens stay as \
     they are, and nothing that the identity provider changes meanwhile arrives.";
pub(crate) const ENABLE: &str = "Enable this connection";
pub(crate) const ENABLE_DOES: &str = "Requests are taken again. The identity provider sends what changed meanwhile with its next full \
     run.";
pub(crate) const ENABLED: &str = "The connection is enabled.";
pub(crate) const DISABLED_NOW: &str = "The connection is disabled.";
pub(crate) const DELETE_SCIM: &str = "Delete this connection";
pub(crate) const DELETE_SCIM_DOES: &str = "Its tokens, its request log and all its users and groups go, and your product is told that they \
     are gone. There is no way back.";
pub(crate) fn scim_deleted(name: &str) -> String {
    format!("{name} was deleted.")
}

pub(crate) const FIND_USER: &str = "User name, external id or e-mail address, exactly";
pub(crate) const USER_NAME: &str = "User name";
pub(crate) const DISPLAY_NAME: &str = "Display name";
pub(crate) const CHANGED: &str = "Changed";
pub(crate) const ACTIVE: &str = "Active";
pub(crate) const INACTIVE: &str = "Inactive";
pub(crate) const NO_USER_SAYS: &str = "Look at the letters: only the whole name is found.";
pub(crate) const NO_USERS: &str = "No users yet";
pub(crate) const NO_USERS_SAYS: &str =
    "They appear as soon as the identity provider assigns somebody to the application.";
pub(crate) fn users_lead(users: u64) -> String {
    format!(
        "{} users, as the identity provider sent them; the oldest first.",
        number(users)
    )
}
pub(crate) fn groups_lead(groups: u64) -> String {
    format!(
        "{} groups, as the identity provider sent them; the oldest first.",
        number(groups)
    )
}
pub(crate) const GROUP: &str = "Group";
pub(crate) const GIVES_ROLE: &str = "Gives role";
pub(crate) const NO_GROUPS: &str = "No groups yet";
pub(crate) const NO_GROUPS_SAYS: &str =
    "They appear when the identity provider pushes groups, which most do only when told to.";
pub(crate) fn awaited(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 member awaited".to_owned(),
        many => format!("{many} members awaited"),
    }
}
pub(crate) const PARKED_LEAD: &str = "Members and managers that were named before they arrived. Each is put in its place when it comes.";
pub(crate) const AWAITED: &str = "Who is awaited";
pub(crate) const AWAITED_AS: &str = "As";
pub(crate) const SINCE: &str = "Since";
pub(crate) const MEMBER_OF: &str = "Member of a group";
pub(crate) const MANAGER_OF: &str = "Manager of a user";
pub(crate) const NO_PARKED: &str = "Nobody is awaited";
pub(crate) const NO_PARKED_SAYS: &str = "Every member and manager that was named is there.";

pub(crate) const REQUESTS_LEAD: &str =
    "What the identity provider asked, refused requests included; the newest first.";
pub(crate) const RESULT: &str = "Result";
pub(crate) const EXPLANATION: &str = "Explanation";
pub(crate) const TOOK: &str = "Took";
pub(crate) const WHEN: &str = "When";
pub(crate) const NO_REQUESTS: &str = "No requests yet";
pub(crate) const NO_REQUESTS_SAYS: &str =
    "Once the identity provider knows address and token, each of its requests stands here.";
pub(crate) fn milliseconds(micros: u64) -> String {
    format!(
        "{}.{}\u{a0}ms",
        number(micros / 1_000),
        micros % 1_000 / 100
    )
}
pub(crate) const SHOWN: &str = "Show";
pub(crate) const EVERY_REQUEST: &str = "Every request";
pub(crate) const FAILED_ONLY: &str = "Whatever failed";
pub(crate) const NO_SUCH_REQUESTS_SAYS: &str = "No request of that kind is in the log.";
pub(crate) const SUPPORT_BUNDLE: &str = "Support bundle";
pub(crate) const CATEGORY: &str = "Kind";
pub(crate) const DETAIL: &str = "Said in the answer";
pub(crate) const FILTER: &str = "Filter";
pub(crate) const SCIM_TYPE: &str = "scimType";
pub(crate) const TIMES: &str = "Stands for requests";
pub(crate) const SENT: &str = "What was sent";
pub(crate) const WHAT_TO_DO: &str = "What to do";
pub(crate) const TOLERATED: &str = "What was allowed for";
pub(crate) const BODIES_LEAD: &str = "Values that could be personal or secret are masked.";
pub(crate) const NOTHING_KEPT: &str = "Nothing of it was kept.";
pub(crate) fn category(category: RequestCategory) -> &'static str {
    use RequestCategory as C;
    match category {
        C::Success => "Done",
        C::PartlyFailed => "Partly failed",
        C::Authentication => "Token refused",
        C::Permission => "Not permitted",
        C::NotFound => "Not found",
        C::Conflict => "Conflict",
        C::Validation => "Not valid",
        C::TooLarge => "Too large",
        C::RateLimit => "Too many",
        C::Unsupported => "Not supported",
        C::Server => "Failed here",
    }
}
pub(crate) const EVENTS_LEAD: &str =
    "What your product was told of this connection; the newest first.";
pub(crate) const EVENT: &str = "Event";
pub(crate) const SEQUENCE: &str = "Number";
pub(crate) const CONTENT: &str = "Content";
pub(crate) const SHOW: &str = "Show";
pub(crate) const NO_EVENTS: &str = "No events here";
pub(crate) const NO_EVENTS_SAYS: &str = "Each change of a user or a group makes one.";

pub(crate) const ROLE: &str = "Role";
pub(crate) const WHAT_GIVES: &str = "What gives a role, the first decides";
pub(crate) fn role_source(source: RoleSource) -> &'static str {
    match source {
        RoleSource::Manual => "Somebody gave it by hand, which comes before everything else.",
        RoleSource::Attribute => "The identity provider sends it with the user.",
        RoleSource::Group => "A group that the user is in gives it.",
        RoleSource::Default => "Nothing else gives one, so it is the default role of the policy.",
    }
}
pub(crate) fn given_by_hand(role: &str) -> String {
    format!("By hand: {role}")
}
pub(crate) fn given_by_attribute(path: &str, value: &str, role: Option<&str>) -> String {
    match role {
        Some(role) => format!("The attribute {path}, which holds “{value}”: {role}"),
        None => format!("The attribute {path} holds “{value}”, which names no role"),
    }
}
pub(crate) fn given_by_group(group: &str, role: &str) -> String {
    format!("The group {group}: {role}")
}
pub(crate) fn given_by_default(role: &str) -> String {
    format!("The default role: {role}")
}
pub(crate) const THROUGH: &str = "through another group";
pub(crate) const IN_NO_GROUP: &str = "In no group";
pub(crate) const IN_NO_GROUP_SAYS: &str = "The identity provider put this user into none.";
pub(crate) const ATTRIBUTES: &str = "Attributes";
pub(crate) const ATTRIBUTES_LEAD: &str = "As they are stored and as SCIM spells them.";
pub(crate) const HISTORY: &str = "History";
pub(crate) const HISTORY_LEAD: &str =
    "Changes of this user among the last 20,000 of the organization; the newest first.";
pub(crate) const NO_HISTORY: &str = "No recent changes";
pub(crate) const NO_HISTORY_SAYS: &str =
    "The last change is further back than what is looked through.";
pub(crate) const WHAT: &str = "What";
pub(crate) const WHO: &str = "Who";
