//! What proposed rules would do.

use rollcall_model::{Policy, SignInLink};
use rollcall_orgs::OrgsError;
use rollcall_orgs::policies;
use rollcall_store::OrgHandle;

use super::form::Proposal;
use crate::answer::PageError;
use crate::operator::organization::facts;
use crate::text as t;

/// How many of those whom it would hit are named.
const NAMED: usize = 20;

/// What the rules of a form would do, and the form that saves them.
pub(super) struct Outlook {
    /// Rule, what it is and what it would be.
    pub(super) changes: Vec<(&'static str, String, String)>,
    /// How many people would be denied.
    pub(super) total: u64,
    pub(super) blocked: Vec<String>,
    /// What else would happen, in sentences.
    pub(super) notes: Vec<String>,
    /// What keeps the rules from being saved.
    pub(super) problems: Vec<String>,
    /// Whether they are saved only if somebody insists.
    pub(super) needs_force: bool,
    /// What makes them dangerous.
    pub(super) dangers: Vec<&'static str>,
    /// The fields of the form that saves them.
    pub(super) held: Vec<(&'static str, String)>,
}

impl Outlook {
    /// What the rules of a form would do.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub(super) async fn of(
        org: &OrgHandle,
        held: &Policy,
        proposed: &Policy,
        proposal: &Proposal,
    ) -> Result<Self, PageError> {
        let preview = policies::preview(org, proposed).await?;
        let mut notes = Vec::new();
        if let Some((before, after)) = &preview.default_role {
            let (before, after) = (before.as_str(), after.as_str());
            notes.push(t::role_changes(preview.with_default_role, before, after));
        }
        if preview.seats_missing > 0 {
            let taken = preview.seats.taken();
            notes.push(t::seats_missing(taken, preview.seats_missing));
        }
        let (unconnected, problems): (Vec<_>, Vec<_>) =
            preview.problems.into_iter().partition(is_unconnected);
        let people = preview.first_blocked.into_iter().take(NAMED);
        Ok(Self {
            changes: changes(held, proposed),
            total: preview.blocked,
            blocked: people.map(person).collect(),
            notes,
            problems: problems.iter().map(ToString::to_string).collect(),
            needs_force: !unconnected.is_empty(),
            dangers: dangers(held, proposed),
            held: proposal.held(),
        })
    }

    /// How many of those who would be denied are not named.
    pub(super) fn more(&self) -> u64 {
        let named = u64::try_from(self.blocked.len()).unwrap_or(u64::MAX);
        self.total.saturating_sub(named)
    }
}

fn is_unconnected(problem: &OrgsError) -> bool {
    matches!(
        problem,
        OrgsError::Refused {
            code: "no_connected_scim_connection",
            ..
        }
    )
}

fn person(link: SignInLink) -> String {
    link.email.unwrap_or(link.subject)
}

/// What each rule is and would be, of those that change.
fn changes(held: &Policy, proposed: &Policy) -> Vec<(&'static str, String, String)> {
    let rules = facts(held).into_iter().zip(facts(proposed));
    let mut changes: Vec<_> = rules
        .filter(|((_, before), (_, after))| before != after)
        .map(|((rule, before), (_, after))| (rule, before, after))
        .collect();
    if held.protected_users != proposed.protected_users {
        changes.retain(|(rule, ..)| *rule != t::PROTECTED);
        let ids = |policy: &Policy| {
            let ids: Vec<_> = policy
                .protected_users
                .iter()
                .map(|id| id.to_scim())
                .collect();
            ids.join(", ")
        };
        changes.push((t::PROTECTED, ids(held), ids(proposed)));
    }
    changes
}

/// Why somebody should think twice, in sentences.
pub(super) fn dangers(held: &Policy, proposed: &Policy) -> Vec<&'static str> {
    let rules = [
        (
            held.restrict_account_creation_to_scim,
            proposed.restrict_account_creation_to_scim,
            t::RESTRICT_DOES,
        ),
        (
            held.unverified_email_linking,
            proposed.unverified_email_linking,
            t::LINKING_DOES,
        ),
        (
            !held.last_owner_protection,
            !proposed.last_owner_protection,
            t::NO_LAST_OWNER_DOES,
        ),
    ];
    let mut dangers: Vec<_> = rules
        .into_iter()
        .filter(|(before, after, _)| !before && *after)
        .map(|(.., does)| does)
        .collect();
    if !held.protected_users.is_subset(&proposed.protected_users) {
        dangers.push(t::LESS_PROTECTED_DOES);
    }
    dangers
}
