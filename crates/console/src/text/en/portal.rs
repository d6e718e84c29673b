//! English of the setup portal, but for the guides. `{product}` stands for the vendor's product.

use std::time::Duration;

use rollcall_model::{Attention, AttentionReason, Timestamp};
use rollcall_orgs::OrgsError;

use super::guides::Guide;

// Around every page
pub(crate) const CONNECTIONS: &str = "Connections";
pub(crate) const POLICY: &str = "Who may get an account";
pub(crate) const POLICY_SHORT: &str = "Policy";
pub(crate) const BACK_TO: &str = "Back to {product}";
pub(crate) const LEAVE: &str = "Sign out";
pub(crate) const POWERED: &str = "This session ends by itself after four hours.";
pub(crate) const PARTS: &str = "Parts of this page";

// In and out
pub(crate) const ENTER: &str = "Connect your identity provider";
pub(crate) const ENTER_SAYS: &str = "{product} invites an administrator of your organization to set up \
     provisioning: your identity provider then creates, updates and removes accounts by itself.";
pub(crate) const ENTER_NEEDS: &str = "You need access to the administration of your identity provider, \
     and about fifteen minutes.";
pub(crate) const ENTER_BUTTON: &str = "Begin";
pub(crate) const ENTER_ONCE: &str = "The link works once and opens a session of four hours on this \
     computer. Unused, it works until";
pub(crate) const FOR: &str = "for";
pub(crate) const NO_LINK: &str = "This link opens nothing any more";
pub(crate) const NO_LINK_SAYS: &str = "It was used before, its time is over, or it was not copied as a \
     whole. Ask whoever sent it to you at {product} for another one. Nothing that was set up is lost.";
pub(crate) const LEFT: &str = "You are signed out";
pub(crate) const LEFT_SAYS: &str = "What you set up goes on working. To come back, ask {product} for \
     another link.";
pub(crate) const ENDED: &str = "Your session is over";
pub(crate) const ENDED_SAYS: &str = "Sessions end after four hours, or when {product} revokes the link \
     that opened them. What you set up goes on working. To come back, ask {product} for another link.";

// Steps
pub(crate) const PROGRESS: &str = "Steps";
pub(crate) const STEPS: [&str; 4] = ["Provider", "Sign-in", "Name", "Connect"];
pub(crate) const STEP_DONE: &str = "done:";

pub(crate) const CHOOSE: &str = "Which identity provider do you use?";
pub(crate) const CHOOSE_SAYS: &str = "It is where your people's accounts are kept. The steps that follow \
     are written for it.";

pub(crate) const SSO: &str = "How do people sign in?";
pub(crate) const SSO_SAYS: &str = "Provisioned accounts are matched with the people who sign in. So each \
     connection belongs to one login provider.";
pub(crate) const SSO_KNOWN: &str = "Use one that is set up";
pub(crate) const SSO_USE: &str = "Continue";
pub(crate) const SSO_NEW: &str = "Add a login provider";
pub(crate) const SSO_NEW_SAYS: &str = "Your identity provider shows these values on the page of the app \
     your people sign in to {product} with.";
pub(crate) const SSO_OIDC: &str = "OpenID Connect";
pub(crate) const SSO_SAML: &str = "SAML 2.0";
pub(crate) const SSO_ADD: &str = "Add and continue";
pub(crate) const SSO_NAME: &str = "Name";
pub(crate) const ISSUER: &str = "Issuer";
pub(crate) const ISSUER_HELP: &str = "An address that begins with https, such as \
     https://example.okta.com or https://login.microsoftonline.com/…/v2.0.";
pub(crate) const CLIENT_ID: &str = "Client ID";
pub(crate) const CLIENT_ID_HELP: &str = "Also called application ID.";
pub(crate) const CLIENT_SECRET: &str = "Client secret";
pub(crate) const CLIENT_SECRET_HELP: &str = "Only if your provider gave you one. It is stored encrypted \
     and never shown again.";
pub(crate) const METADATA: &str = "Metadata XML";
pub(crate) const METADATA_HELP: &str = "Open the metadata document of the app and paste all of it.";
pub(crate) const BEFORE_YOU_GO_ON: &str = "Before you go on";

pub(crate) const NAME: &str = "Name the connection";
pub(crate) const NAME_SAYS: &str = "A name that you and {product} recognise it by. You can have several \
     connections, one for each directory.";
pub(crate) const CONNECTION_NAME: &str = "Name of the connection";
pub(crate) const CONNECTION_NAME_HELP: &str =
    "For example the name of your company and the provider.";
pub(crate) const CREATE: &str = "Create the connection";
pub(crate) const CREATE_SAYS: &str = "The next page shows a token, once. Have your provider's \
     administration open in another window, and a safe place for secrets at hand.";
pub(crate) const CHOSEN_IDP: &str = "Identity provider";
pub(crate) const CHOSEN_SSO: &str = "People sign in with";
pub(crate) const CHANGE: &str = "Change";

// Address, token and steps
pub(crate) const GUIDE: &str = "Setup guide";
pub(crate) const READY: &str = "Your address and token";
pub(crate) const TOKEN_ONCE: &str = "This token is shown this once.";
pub(crate) const TOKEN_ONCE_SAYS: &str = "Paste it into your identity provider now, or keep it where you \
     keep passwords. Whoever has it can create and remove accounts. Lost it? Make another one; nothing else \
     changes.";
pub(crate) const ENDPOINT: &str = "Endpoint URL";
pub(crate) const TOKEN: &str = "Token";
pub(crate) const TOKEN_ENDS: &str = "It ends on";
pub(crate) const TOKEN_SAVED: &str = "the token you saved when it was shown";
pub(crate) const TOKEN_ANOTHER: &str = "make another one";
/// What stands above the steps.
pub(crate) fn steps_at(guide: &Guide) -> String {
    if guide.kind == rollcall_model::IdpKind::Generic {
        "What to do in your identity provider".to_owned()
    } else {
        format!("What to do in {}", guide.name)
    }
}
pub(crate) const THEIRS_COLUMN: &str = "There";
pub(crate) const SCIM_COLUMN: &str = "Here (SCIM)";
pub(crate) const NOTE_COLUMN: &str = "Note";
pub(crate) const UNIQUE: &str = "People are told apart by userName; externalId ties an account to the \
     sign-in.";
pub(crate) const TICK_ON: &str = "On:";
pub(crate) const TICK_OFF: &str = "Off:";
pub(crate) const MENU_PATH: &str = "Where:";
pub(crate) const IT_CAN_DO_LESS: &str = "What it cannot do";
pub(crate) const HOW_LONG: &str = "How long it takes";
pub(crate) const LEAVERS: &str = "When people leave";
pub(crate) const IF_REFUSED: &str = "If it says that it is not authorized";
pub(crate) const HABITS: &str = "Good to know";

// Waiting
pub(crate) const WAITING_TITLE: &str = "Waiting for the first request";
pub(crate) const WAITING_LIVE: &str = "This turns to Connected by itself.";
pub(crate) const WAITING_RELOAD: &str = "Look again";
pub(crate) const FIRST_ASKED: &str = "The first thing it asked";
pub(crate) const FIRST_SOON: &str = "What it asked first is shown in a moment.";
pub(crate) const REFUSED: &str = "A request came and was refused";
pub(crate) const TO_OVERVIEW: &str = "See the connection";

// The connections
pub(crate) const HOME: &str = "Your connections";
pub(crate) const HOME_SAYS: &str =
    "Each sends the people and groups of one directory to {product}.";
pub(crate) const ADD_CONNECTION: &str = "Add a connection";
pub(crate) const OVERVIEW: &str = "Overview";
pub(crate) const USERS: &str = "Users";
pub(crate) const GROUPS: &str = "Groups";
pub(crate) const REQUESTS: &str = "Requests";
pub(crate) const TOKENS: &str = "Tokens";
pub(crate) const STATUS: &str = "Status";
pub(crate) const ABOUT: &str = "About this connection";
pub(crate) const PROVIDER: &str = "Identity provider";
pub(crate) const FIRST_REQUEST: &str = "First request";
pub(crate) const LAST_REQUEST: &str = "Last request";
pub(crate) const CREATED: &str = "Created";
pub(crate) const NEVER: &str = "never";
pub(crate) const NOT_YET: &str = "not yet";
pub(crate) const OPEN_GUIDE: &str = "Open the setup guide";
pub(crate) const WHY: &str = "Why";

pub(crate) const DISABLED: &str = "Switched off";
pub(crate) const DISABLED_SAYS: &str = "The vendor has switched this connection off. Requests of your \
     identity provider are refused until it is switched on again.";
pub(crate) const WAITING: &str = "Waiting";
pub(crate) const WAITING_SAYS: &str = "Nothing has been heard of your identity provider yet.";
pub(crate) const ATTENTION: &str = "Needs attention";
pub(crate) const ATTENTION_SAYS: &str = "It was connected, and something needs you.";
pub(crate) const CONNECTED: &str = "Connected";

// Users and groups
pub(crate) const USERS_SAYS: &str = "As they arrived, oldest first.";
pub(crate) const NO_USERS: &str = "Nobody has arrived yet";
pub(crate) const NO_USERS_SAYS: &str = "Assign people to the app in your identity provider, and start \
     provisioning there.";
pub(crate) const GROUPS_SAYS: &str =
    "As they arrived, oldest first. A user's row names the groups it is in.";
pub(crate) const NO_GROUPS: &str = "No group has arrived yet";
pub(crate) const NO_GROUPS_SAYS: &str = "Groups are sent apart from people. The setup guide says how they \
     are switched on.";
pub(crate) const USER: &str = "User";
pub(crate) const GROUP: &str = "Group";
pub(crate) const ACCESS: &str = "Access";
pub(crate) const ACTIVE: &str = "Active";
pub(crate) const INACTIVE: &str = "Inactive";
pub(crate) const IN_GROUPS: &str = "Groups";
pub(crate) const ARRIVED: &str = "Arrived";
pub(crate) const CHANGED: &str = "Last change";
pub(crate) const UNNAMED: &str = "(no name)";

// Requests
pub(crate) const REQUESTS_SAYS: &str = "What your identity provider asked, newest first, a few seconds \
     behind. Secrets are never kept.";
pub(crate) const ALL_REQUESTS: &str = "All";
pub(crate) const FAILED_REQUESTS: &str = "Failed only";
pub(crate) const NO_REQUESTS: &str = "No request yet";
pub(crate) const NO_REQUESTS_SAYS: &str = "Requests that are refused for a wrong token are shown here, \
     too. If you expect some, compare the endpoint URL in your identity provider with the setup guide.";
pub(crate) const NO_FAILURES: &str = "Nothing failed";
pub(crate) const NO_FAILURES_SAYS: &str =
    "Every request that is kept was answered as it should be.";
pub(crate) const WHEN: &str = "When";
pub(crate) const ASKED: &str = "Request";
pub(crate) const ANSWER: &str = "Answer";
pub(crate) const MEANING: &str = "What it means";
pub(crate) const WHAT_TO_DO: &str = "What to do";
pub(crate) const WHERE_SET: &str = "Where";
pub(crate) const ALLOWANCES: &str = "What was put right";
pub(crate) const FILTER: &str = "Filter";
pub(crate) const DURATION: &str = "Took";
pub(crate) const REASON: &str = "Answered with";
pub(crate) const REQUEST_BODY: &str = "What was sent";
pub(crate) const RESPONSE_BODY: &str = "What was answered";
pub(crate) const SUPPORT: &str = "For support";
pub(crate) const SUPPORT_SAYS: &str = "Everything about this request as a text. It holds no secret; it \
     may hold names of your people.";
pub(crate) const BACK_TO_REQUESTS: &str = "Back to the list";

// Tokens
pub(crate) const TOKENS_SAYS: &str = "What your identity provider shows to be let in. Only the beginning \
     is kept for you to recognise.";
pub(crate) const NO_TOKENS: &str = "There is no token";
pub(crate) const NO_TOKENS_SAYS: &str = "Nothing can be sent until there is one. Make it below.";
pub(crate) const BEGINS_WITH: &str = "Begins with";
pub(crate) const ENDS: &str = "Ends";
pub(crate) const LAST_USED: &str = "Last used";
pub(crate) const TOKEN_ACTIVE: &str = "Active";
pub(crate) const TOKEN_EXPIRING: &str = "Ends soon";
pub(crate) const TOKEN_ENDING: &str = "Being replaced";
pub(crate) const TOKEN_EXPIRED: &str = "Ended";
pub(crate) const TOKEN_REVOKED: &str = "Revoked";
pub(crate) const REVOKE: &str = "Revoke";
pub(crate) const REVOKE_TITLE: &str = "Revoke…";
pub(crate) const REVOKE_SAYS: &str = "It is refused from that moment on. If your identity provider still \
     uses it, provisioning stops.";
pub(crate) const ROTATE: &str = "Replace the token";
pub(crate) const ROTATE_SAYS: &str = "A new token is made and shown once. Paste it into your identity \
     provider while the old one still works, so that nothing is missed.";
pub(crate) const TOKEN_NAME: &str = "Name of the new token";
pub(crate) const TOKEN_NAME_HELP: &str = "It lives for a year.";
pub(crate) const PREVIOUS: &str = "The tokens there are now";
pub(crate) const PREVIOUS_NOW: &str = "end at once: for a token that was lost or seen by others";
pub(crate) const PREVIOUS_KEEP: &str = "stay: this one is used beside them";
pub(crate) const ROTATE_BUTTON: &str = "Make a new token";
pub(crate) const NO_SUCH_OVERLAP: &str = "Choose what becomes of the tokens there are now.";

// Policy
pub(crate) const RESTRICT: &str = "Restrict account creation to SCIM";
pub(crate) const RESTRICT_SAYS: &str = "Without it, whoever can sign in through your login provider gets \
     an account at the first sign-in. With it, only people whom your identity provider has sent may come in; \
     others are told to ask you.";
pub(crate) const IS_ON: &str = "On";
pub(crate) const IS_OFF: &str = "Off";
pub(crate) const BLOCKED: &str = "Who would be blocked";
pub(crate) const BLOCKED_NOW: &str = "Who is blocked";
pub(crate) const NOBODY_SAYS: &str =
    "Everybody who has signed in so far was sent by your identity provider.";
pub(crate) const BLOCKED_SAYS: &str = "They have an account that a sign-in made and were not sent by your \
     identity provider. They would be turned away at the next sign-in. To keep somebody, assign that person to \
     the app there first: the account stays the same.";
pub(crate) const SIGNED_IN_SINCE: &str = "Came in first on";
pub(crate) const PERSON: &str = "Person";
pub(crate) const CANNOT: &str = "It cannot be switched on yet";
pub(crate) const SWITCH_ON: &str = "Switch it on";
pub(crate) const SWITCH_OFF: &str = "Switch it off";
pub(crate) const SWITCH_OFF_SAYS: &str = "From then on whoever can sign in through your login provider \
     gets an account again.";
pub(crate) const CONFIRM_ON: &str = "To switch it on, type the name of your organization:";

/// What was done just now, by the word in the address.
pub(crate) fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "once" => {
            "That form was sent before, so nothing was done again. A token is shown once; if you did \
             not keep it, make another one."
        }
        "revoked" => "The token is revoked.",
        "restricted" => "Only people whom your identity provider has sent may come in now.",
        "unrestricted" => "Whoever can sign in through your login provider gets an account again.",
        _ => return None,
    })
}

/// Why a connection needs somebody, and what to do.
pub(crate) fn attention(attention: &Attention) -> String {
    let what_to_do = match attention.reason {
        AttentionReason::NoLiveToken => {
            return "No token is left: the last one has ended or was revoked. Make another one under \
                    Tokens and paste it into your identity provider."
                .to_owned();
        }
        AttentionReason::TokenExpiring => {
            "Make the next one under Tokens and paste it into your identity provider; both work until \
             this one ends."
        }
        AttentionReason::AuthFailing => {
            "See under Requests why, and paste the right token into your identity provider."
        }
        AttentionReason::ErrorsRising => {
            "See under Requests what fails; each line says what to change."
        }
        AttentionReason::Quiet => {
            "Look whether provisioning is still switched on in your identity provider, and what it says \
             of its last run. If nothing was to be sent, all is well."
        }
    };
    format!("{} {what_to_do}", attention.detail)
}

/// That a connection is connected, and with what.
pub(crate) fn connected_says(idp: Option<&str>) -> String {
    idp.map_or_else(
        || "Your identity provider has made a request with the token, and was let in.".to_owned(),
        |idp| format!("It was recognised as {idp}, and let in with the token."),
    )
}

/// What a request is for, in a few words.
pub(crate) fn asked(method: &str, route: &str, filtered: bool) -> &'static str {
    let users = route.contains("/Users");
    let groups = route.contains("/Groups");
    match method {
        "GET" if users && filtered => "It looked up a user.",
        "GET" if users => "It asked for users.",
        "GET" if groups => "It asked for groups.",
        "GET" => "It asked what this endpoint can do.",
        "POST" if users => "It created a user.",
        "POST" if groups => "It created a group.",
        "PUT" | "PATCH" if users => "It changed a user.",
        "PUT" | "PATCH" if groups => "It changed a group.",
        "DELETE" => "It removed somebody or something.",
        _ => "It made a request.",
    }
}

/// The name that a new connection is offered.
pub(crate) fn suggested_name(guide: &Guide) -> String {
    if guide.kind == rollcall_model::IdpKind::Generic {
        "Directory".to_owned()
    } else {
        guide.name.to_owned()
    }
}

/// The name that a new token is offered.
pub(crate) fn suggested_token_name(now: Timestamp) -> String {
    format!("Token of {}", day(now))
}

/// How long the tokens that are there work on.
pub(crate) fn overlap(time: Duration) -> String {
    const HOUR: u64 = 3_600;
    let hours = time.as_secs() / HOUR;
    match hours {
        1 => "work for one hour more".to_owned(),
        hours if hours.is_multiple_of(24) && hours > 24 => {
            format!("work for {} days more", hours / 24)
        }
        hours => format!("work for {hours} hours more"),
    }
}

/// A refusal that names a field, without the name that the API has for it.
pub(crate) fn wrong(refusal: &str) -> String {
    let rest = refusal.strip_prefix('`').and_then(|it| it.split_once("` "));
    match rest {
        Some((field, reason)) => {
            let field = field.rsplit('.').next().unwrap_or(field).replace('_', " ");
            format!("The {field} {reason}.")
        }
        None => format!("{refusal}."),
    }
}

/// What keeps a policy from being saved.
pub(crate) fn policy_problem(problem: OrgsError) -> String {
    match problem {
        OrgsError::Refused {
            code: "no_connected_scim_connection",
            ..
        } => "None of your connections is connected, so nobody new could get in. Set one up first, and wait \
              for its first request."
            .to_owned(),
        other => wrong(&other.to_string()),
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A day, as `22 Nov 2026`.
pub(crate) fn day(at: Timestamp) -> String {
    let text = at.to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let month = part(5..7).parse::<usize>().ok();
    let month = month.and_then(|number| MONTHS.get(number.checked_sub(1)?));
    match month {
        Some(month) => format!(
            "{} {month} {}",
            part(8..10).trim_start_matches('0'),
            part(0..4)
        ),
        None => text,
    }
}

/// A moment, as `22 Nov 2026, 03:40 UTC`.
pub(crate) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    match text.get(11..16) {
        Some(time) => format!("{}, {time} UTC", day(at)),
        None => text,
    }
}

/// How long ago a moment was; the moment itself if that is more than a day.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let some = |number: u64, what: &str| {
        let ending = if number == 1 { "" } else { "s" };
        format!("{number} {what}{ending} ago")
    };
    match now.since(at).as_secs() {
        0..60 => "less than a minute ago".to_owned(),
        seconds @ 60..3_600 => some(seconds / 60, "minute"),
        seconds @ 3_600..86_400 => some(seconds / 3_600, "hour"),
        _ => moment(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_for_people() {
        let at = Timestamp::from_unix_micros(1_795_305_600_000_000);
        let later = |seconds| at.plus(Duration::from_secs(seconds));
        assert_eq!(moment(at), "22 Nov 2026, 00:00 UTC");
        assert_eq!(ago(at, later(59)), "less than a minute ago");
        assert_eq!(ago(at, later(60)), "1 minute ago");
        assert_eq!(ago(at, later(7_300)), "2 hours ago");
        assert_eq!(ago(at, later(90_000)), "22 Nov 2026, 00:00 UTC");
        assert_eq!(overlap(Duration::from_hours(1)), "work for one hour more");
        assert_eq!(overlap(Duration::from_hours(24)), "work for 24 hours more");
        assert_eq!(overlap(Duration::from_hours(168)), "work for 7 days more");
    }

    #[test]
    fn a_refusal_names_a_field_as_people_do() {
        assert_eq!(
            wrong("`oidc.client_id` must not be empty"),
            "The client id must not be empty."
        );
        assert_eq!(wrong("it is in the way"), "it is in the way.");
    }
}
