//! The comparison against a model that looks at every entry and every user.

use proptest::collection::vec;
use proptest::prelude::*;
use rollcall_model::{ScimConnectionId, SystemClock, UserId};
use rollcall_store::SeenKeys;

use super::*;

const ROLES: [&str; 2] = ["member", "owner"];

fn user_id(number: u8) -> UserId {
    UserId::from_scim(&format!("0190a5e4-0000-7000-8000-0000000000{number:02x}")).unwrap()
}

fn connection() -> ScimConnectionId {
    ScimConnectionId::new(&SystemClock)
}

/// Few names, so that they meet.
fn name() -> impl Strategy<Value = u8> {
    0..6_u8
}

fn user(number: usize, (external, name, active, waits, role): Shape) -> SeenKeys {
    // No two users of a connection have one name.
    let user_name = format!("Person-{name}-{}", if name < 4 { 0 } else { number });
    SeenKeys {
        scim_connection_id: connection(),
        id: user_id(u8::try_from(number).unwrap()),
        external_id: external.map(|it| format!("ext-{it}")),
        user_name_key: user_name_key(&user_name),
        user_name: Some(user_name),
        active,
        waiting_for_seat: active && waits,
        role: ROLES[usize::from(role)].parse().unwrap(),
    }
}

type Shape = (Option<u8>, u8, bool, bool, bool);

fn users() -> impl Strategy<Value = Vec<SeenKeys>> {
    let shape = (
        proptest::option::of(name()),
        name(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    );
    vec(shape, 0..8).prop_map(|shapes| {
        let numbered = shapes.into_iter().enumerate();
        numbered
            .map(|(number, shape)| user(number, shape))
            .collect()
    })
}

fn entry() -> impl Strategy<Value = RosterEntry> {
    let keys = (
        proptest::option::of(0..9_u8),
        proptest::option::of(name()),
        proptest::option::of(name()),
    );
    (keys, any::<bool>(), proptest::option::of(any::<bool>()))
        .prop_map(|((id, external, name), active, role)| RosterEntry {
            id: id.map(|id| user_id(id).to_scim()),
            external_id: external.map(|it| format!("ext-{it}")),
            user_name: name.map(|name| format!("PERSON-{name}-0")),
            active,
            role: role.map(|role| ROLES[usize::from(role)].to_uppercase()),
        })
        .prop_filter("names nobody", RosterEntry::has_key)
}

/// Whom an entry means: what the keys that name somebody agree on.
fn meant<'u>(entry: &RosterEntry, users: &'u [SeenKeys]) -> Result<Option<&'u SeenKeys>, ()> {
    let name = entry.user_name.as_deref().map(user_name_key);
    let tests: [&dyn Fn(&SeenKeys) -> bool; 3] = [
        &|user| entry.id == Some(user.id.to_scim()),
        &|user| entry.external_id.is_some() && entry.external_id == user.external_id,
        &|user| name.as_ref() == Some(&user.user_name_key),
    ];
    let counts = tests.iter().filter(|test| users.iter().any(test));
    let counting: Vec<_> = counts.collect();
    if counting.is_empty() {
        return Ok(None);
    }
    let mut agreed = users
        .iter()
        .filter(|user| counting.iter().all(|test| test(user)));
    match (agreed.next(), agreed.next()) {
        (Some(user), None) => Ok(Some(user)),
        _ => Err(()),
    }
}

/// Whether a key of an entry is one of a user.
fn names(entry: &RosterEntry, user: &SeenKeys) -> bool {
    let name = entry.user_name.as_deref().map(user_name_key);
    entry.id == Some(user.id.to_scim())
        || entry.external_id.is_some() && entry.external_id == user.external_id
        || name.as_ref() == Some(&user.user_name_key)
}

proptest! {
    #[test]
    fn every_entry_and_user_is_judged_as_the_model_does(
        users in users(),
        roster in vec(entry(), 0..10),
    ) {
        let mut comparison = Comparison::default();
        for (place, entry) in roster.iter().cloned().enumerate() {
            comparison.push(place + 1, entry);
        }
        users.iter().cloned().for_each(|user| comparison.look_at(user));
        let found = comparison.differences();

        let meanings: Vec<_> = roster.iter().map(|entry| meant(entry, &users)).collect();
        // Whether an entry is or may be about a user.
        let is_about = |place: usize, user: &SeenKeys| match &meanings[place] {
            Ok(meant) => meant.is_some_and(|meant| meant.id == user.id),
            Err(()) => names(&roster[place], user),
        };
        let (mut extra, mut stale, mut ambiguous, mut equal) = (vec![], vec![], vec![], 0);
        for (place, (entry, meaning)) in roster.iter().zip(&meanings).enumerate() {
            let line = place + 1;
            match meaning {
                Err(()) => ambiguous.push((line, Doubt::SeveralUsers)),
                Ok(None) if entry.active => extra.push(line),
                Ok(None) => equal += 1,
                Ok(Some(user)) => {
                    let about = (0..roster.len()).filter(|other| is_about(*other, user));
                    let role = entry.role.as_deref().map(str::to_lowercase);
                    let differs = entry.active != (user.active && !user.waiting_for_seat)
                        || role.is_some_and(|role| role != user.role.as_str());
                    if about.count() > 1 {
                        ambiguous.push((line, Doubt::SeveralEntries));
                    } else if differs {
                        stale.push((line, user.id.to_scim()));
                    } else {
                        equal += 1;
                    }
                }
            }
        }
        let missing = users.iter().filter(|user| user.active && !user.waiting_for_seat);
        let missing: Vec<_> =
            missing.filter(|user| !(0..roster.len()).any(|it| is_about(it, user))).map(|user| user.id.to_scim()).collect();

        let of = |found: &[NamedUser]| -> Vec<_> { found.iter().map(|it| it.id.clone()).collect() };
        prop_assert_eq!(of(&found.missing), missing);
        prop_assert_eq!(found.extra.iter().map(|it| it.line).collect::<Vec<_>>(), extra);
        let told = found.stale.iter().map(|it| (it.line, it.user.id.clone()));
        prop_assert_eq!(told.collect::<Vec<_>>(), stale);
        let told = found.ambiguous.iter().map(|it| (it.entry.line, it.reason));
        prop_assert_eq!(told.collect::<Vec<_>>(), ambiguous);
        prop_assert_eq!(found.counts.equal, equal);
        prop_assert_eq!(found.counts.roster, roster.len());
        prop_assert_eq!(found.counts.users, users.len());
    }
}

#[test]
fn users_and_entries_that_share_one_external_id_take_no_more_than_there_are() {
    // Each with each would be four hundred million, of which memory would hold a few gigabytes.
    const MANY: usize = 20_000;
    let shared = Some("everybody".to_owned());
    let id = |number: usize| format!("0190a5e4-0000-7000-8000-{number:012x}");
    let mut comparison = Comparison::default();
    for number in 0..MANY {
        let entry = RosterEntry {
            id: (number % 2 == 0).then(|| id(number)),
            external_id: shared.clone(),
            user_name: None,
            active: true,
            role: None,
        };
        comparison.push(number + 1, entry);
    }
    let connection = connection();
    for number in 0..MANY {
        comparison.look_at(SeenKeys {
            scim_connection_id: connection,
            id: UserId::from_scim(&id(number)).unwrap(),
            external_id: shared.clone(),
            user_name_key: format!("person-{number}"),
            user_name: None,
            active: true,
            waiting_for_seat: false,
            role: ROLES[0].parse().unwrap(),
        });
    }
    assert!(
        comparison
            .named
            .iter()
            .flat_map(HashMap::values)
            .map(Vec::len)
            .sum::<usize>()
            <= 2 * MANY
    );
    let found = comparison.differences();
    assert_eq!(found.counts.ambiguous, MANY);
    assert!(
        found
            .ambiguous
            .iter()
            .all(|it| it.users.len() <= NAMED_AT_MOST)
    );
}
