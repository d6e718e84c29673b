//! English: changing the policy of an organization.

use super::number;

pub(crate) const POLICY_FORM_LEAD: &str = "Rules for whoever is provisioned and signs in. They are shown with what they would do before they \
     are saved.";
pub(crate) const CHANGE_POLICY: &str = "Change";
pub(crate) const POLICY_SAVED: &str = "The policy was saved. It holds from now on.";
pub(crate) const POLICY_MOVED: &str = "Somebody else changed the policy meanwhile. Look at what would change now, and save it if that is \
     still what you want.";
pub(crate) const ACCOUNTS: &str = "Accounts";
pub(crate) const RESTRICT_HELP: &str = "Whoever was not provisioned is denied at sign-in, also with an account that an earlier sign-in made.";
pub(crate) const RESTRICT_DOES: &str = "From now on nobody gets in whom no identity provider has sent. People with an account from an earlier \
     sign-in are denied at their next one.";
pub(crate) const JIT_HELP: &str =
    "A sign-in may make the account of somebody who was not provisioned.";
pub(crate) const LINKING_HELP: &str = "A sign-in may be matched to a user by an address that nobody has verified. Leave it off unless the \
     login provider lets nobody choose an address.";
pub(crate) const LINKING_DOES: &str = "Whoever can set any address at the login provider can then come in as anybody of this organization.";
pub(crate) const ADDRESSES_HELP: &str =
    "Which e-mail addresses users may be provisioned with. Who is there already keeps theirs.";
pub(crate) const ROLES_GROUP: &str = "Roles";
pub(crate) const ROLES_HELP: &str = "One on each line, from the one that may do most to the one that may do least. A role that somebody \
     has cannot be taken out.";
pub(crate) const DEFAULT_ROLE_HELP: &str =
    "The role of whoever has been given none: one of the roles above, and not owner.";
pub(crate) const PROTECTION: &str = "Protection";
pub(crate) const PROTECTED_HELP: &str = "SCIM ids, one on each line. No identity provider can deactivate, delete or demote these users.";
pub(crate) const LESS_PROTECTED_DOES: &str =
    "An identity provider can deactivate, delete and demote users who are no longer protected.";
pub(crate) const LAST_OWNER_HELP: &str =
    "The last active user with the role owner stays one, whoever tries to change that.";
pub(crate) const NO_LAST_OWNER_DOES: &str =
    "The last owner of this organization can be deactivated, deleted and demoted.";
pub(crate) const SEAT_LIMIT: &str = "How many people may have an account";
pub(crate) const SEAT_LIMIT_HELP: &str = "Empty: any number. Nobody loses a seat if it is lowered.";
pub(crate) const WHEN_FULL: &str = "When all seats are taken";
pub(crate) const WHEN_FULL_HELP: &str = "Whoever waits longest gets the next free seat.";
pub(crate) const WHEN_FULL_REFUSE: &str = "The identity provider is refused, and tries again";
pub(crate) const WHEN_FULL_WAIT: &str = "The user is taken, and waits for a seat";
pub(crate) const PREVIEW: &str = "See what it would do";
pub(crate) const OUTLOOK: &str = "What it would do";
pub(crate) const NOTHING_CHANGES: &str =
    "Nothing: these are the rules that hold now. Change something below.";
pub(crate) const RULE: &str = "Rule";
pub(crate) const RULE_IS: &str = "Is";
pub(crate) const RULE_WOULD_BE: &str = "Would be";
pub(crate) const BLOCKED: &str = "People who would be blocked";
pub(crate) const BLOCKED_SAYS: &str = "They have an account from an earlier sign-in, and would be denied at the next one unless an \
     identity provider has sent them by then.";
pub(crate) const CANNOT_BE_SAVED: &str = "It cannot be saved like this";
pub(crate) const UNCONNECTED: &str = "No SCIM connection is connected";
pub(crate) const UNCONNECTED_SAYS: &str =
    "Nobody new could get in until one is. Set one up first, and wait for its first request.";
pub(crate) const FORCE: &str = "Restrict accounts all the same";
pub(crate) const SAVE_POLICY: &str = "Save the policy";

pub(crate) fn and_more(count: u64) -> String {
    format!("and {} more", number(count))
}
pub(crate) fn role_changes(users: u64, before: &str, after: &str) -> String {
    let who = match users {
        1 => "1 user has".to_owned(),
        users => format!("{} users have", number(users)),
    };
    format!("{who} the default role, which would no longer be {before} but {after}.")
}
pub(crate) fn seats_missing(taken: u64, missing: u64) -> String {
    format!(
        "{} seats are taken, {} more than there would be. Nobody loses one; nobody gets a new one until as \
         many are free.",
        number(taken),
        number(missing)
    )
}
