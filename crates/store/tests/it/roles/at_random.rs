//! Random sequences of changes: the stored roles, and what the events told of them, are those that
//! follow from nothing but what gives roles now.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use rollcall_model::{Event, EventType, GroupId, RoleMapping, UserId, UserRole};
use rollcall_scim::Resource;
use rollcall_store::{
    ConnectionHandle, DirectoryTx, FeedQuery, MembersChanged, NamedMember, OrgHandle,
};
use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use super::world::{Circle, Person, ROLES, Says, Step, World, pick, steps};
use crate::fixture::{Fixture, group, resource};

const RUNS: usize = 6;
const STEPS: usize = 120;

fn user_id(id: &str) -> UserId {
    UserId::from_scim(id).unwrap()
}

fn group_id(id: &str) -> GroupId {
    GroupId::from_scim(id).unwrap()
}

fn body(number: &str, says: Says) -> Resource {
    let mut body = json!({ "userName": number, "externalId": format!("ext-{number}") });
    match says {
        Says::Nothing => {}
        Says::Role(role) => body["role"] = json!(ROLES[role].to_uppercase()),
        Says::Roles(role) => {
            body["roles"] = json!([{ "value": "x" }, { "value": ROLES[role], "primary": true }]);
        }
        Says::OtherRoles => body["roles"] = json!([{ "value": "Payroll.Read" }]),
    }
    resource(body)
}

/// Both directories: the one in memory and the one in the database.
struct Twins<'a> {
    fixture: &'a Fixture,
    org: &'a OrgHandle,
    handle: &'a ConnectionHandle,
    world: World,
}

impl Twins<'_> {
    /// Takes a few steps in one transaction.
    async fn take(&mut self, steps: &[Step]) {
        self.fixture.clock.advance_millis(1);
        let mut tx = self.handle.begin(self.fixture.request()).await.unwrap();
        for step in steps {
            match step {
                Step::Default { .. } => {}
                Step::CreateUser { .. }
                | Step::DeleteUser { .. }
                | Step::RestoreUser { .. }
                | Step::Say { .. }
                | Step::Give { .. }
                | Step::Take { .. } => self.change_users(&mut tx, step).await,
                _ => self.change_groups(&mut tx, step).await,
            }
        }
        tx.commit().await.unwrap();
        for step in steps {
            if let Step::Default { role } = step {
                self.change_default(ROLES[*role]).await;
            }
        }
    }

    async fn change_default(&mut self, role: &'static str) {
        let mut tx = self.org.begin(self.fixture.origin()).await.unwrap();
        let before = tx.lock_policy().await.unwrap();
        let mut after = before.policy.clone();
        after.default_role = role.parse().unwrap();
        tx.save_policy(before, after).await.unwrap();
        tx.commit().await.unwrap();
        self.world.default = role;
    }

    async fn change_users(&mut self, tx: &mut DirectoryTx, step: &Step) {
        let alive = |user| pick(&self.world.users, user);
        match *step {
            Step::CreateUser { says } => {
                let number = self.world.born;
                self.world.born += 1;
                let user = tx
                    .insert_user(body(&number.to_string(), says))
                    .await
                    .unwrap();
                let id = user.id.to_scim();
                for group in self.world.groups.values_mut() {
                    if group.awaits.remove(&number) {
                        group.members.insert(id.clone());
                    }
                }
                let person = Person { says, manual: None };
                self.world.users.insert(id, person);
            }
            Step::DeleteUser { user } => {
                let Some(id) = alive(user) else { return };
                tx.lock_user_with_groups(user_id(&id))
                    .await
                    .unwrap()
                    .unwrap();
                tx.delete_user(user_id(&id)).await.unwrap();
                self.world.delete_user(&id);
            }
            Step::RestoreUser { user } => {
                let Some(id) = pick(&self.world.deleted_users, user) else {
                    return;
                };
                tx.restore_user(user_id(&id)).await.unwrap().unwrap();
                let person = self.world.deleted_users.remove(&id).unwrap();
                self.world.users.insert(id, person);
            }
            Step::Say { user, says } => {
                let Some(id) = alive(user) else { return };
                let before = tx.lock_user(user_id(&id)).await.unwrap().unwrap();
                let name = before.resource.user_name().unwrap().to_owned();
                tx.save_user(before, body(&name, says)).await.unwrap();
                self.world.users.get_mut(&id).unwrap().says = says;
            }
            Step::Give { user, role } => {
                let Some(id) = alive(user) else { return };
                tx.lock_user(user_id(&id)).await.unwrap();
                tx.give_role(user_id(&id), ROLES[role].parse().unwrap(), None);
                self.world.users.get_mut(&id).unwrap().manual = Some(ROLES[role]);
            }
            Step::Take { user } => {
                let Some(id) = alive(user) else { return };
                tx.lock_user(user_id(&id)).await.unwrap();
                tx.take_role(user_id(&id));
                self.world.users.get_mut(&id).unwrap().manual = None;
            }
            _ => {}
        }
    }

    /// The users that numbers name, as a request names them; the next one who comes by its
    /// `externalId`.
    fn named(&self, users: &[usize], awaits_next: bool) -> (Vec<String>, Vec<NamedMember>) {
        let ids: Vec<String> = users
            .iter()
            .filter_map(|user| pick(&self.world.users, *user))
            .collect();
        let next = awaits_next.then(|| format!("ext-{}", self.world.born));
        let named = ids
            .iter()
            .cloned()
            .chain(next)
            .map(NamedMember::of)
            .collect();
        (ids, named)
    }

    async fn change_groups(&mut self, tx: &mut DirectoryTx, step: &Step) {
        if let Step::CreateGroup { users, awaits_next } = step {
            let (ids, named) = self.named(users, *awaits_next);
            let made = tx.insert_group(group("Group"), &named).await.unwrap();
            let circle = Circle {
                members: ids.into_iter().collect(),
                mapping: None,
                awaits: awaits_next.then_some(self.world.born).into_iter().collect(),
            };
            self.world.groups.insert(made.group.id.to_scim(), circle);
            return;
        }
        if let Step::RestoreGroup { group } = step {
            let Some(id) = pick(&self.world.deleted_groups, *group) else {
                return;
            };
            tx.restore_group(group_id(&id)).await.unwrap().unwrap();
            let circle = self.world.deleted_groups.remove(&id).unwrap();
            self.world.groups.insert(id, circle);
            return;
        }
        let number = match step {
            Step::DeleteGroup { group }
            | Step::Rename { group }
            | Step::Add { group, .. }
            | Step::Remove { group, .. }
            | Step::Replace { group, .. }
            | Step::Map { group, .. }
            | Step::Unmap { group } => *group,
            _ => return,
        };
        let Some(id) = pick(&self.world.groups, number) else {
            return;
        };
        self.change_group(tx, step, &id).await;
    }

    async fn change_group(&mut self, tx: &mut DirectoryTx, step: &Step, id: &str) {
        let key = group_id(id);
        let before = tx.lock_group(key).await.unwrap().unwrap();
        let unchanged = before.resource.clone();
        let next = self.world.born;
        match step {
            Step::DeleteGroup { .. } => {
                tx.delete_group(key).await.unwrap();
                self.world.delete_group(id);
            }
            Step::Rename { .. } => {
                let name = format!("{}+", unchanged.display_name().unwrap());
                let nobody = MembersChanged::default();
                tx.save_group(before, group(&name), &nobody).await.unwrap();
            }
            Step::Add {
                users, awaits_next, ..
            } => {
                let (ids, named) = self.named(users, *awaits_next);
                tx.save_group_joined_by(before, &named).await.unwrap();
                let circle = self.world.groups.get_mut(id).unwrap();
                circle.members.extend(ids);
                circle.awaits.extend(awaits_next.then_some(next));
            }
            Step::Remove { users, .. } => {
                let (ids, _) = self.named(users, false);
                tx.save_group_left_by(before, &ids).await.unwrap();
                let circle = self.world.groups.get_mut(id).unwrap();
                circle.members.retain(|member| !ids.contains(member));
            }
            Step::Replace {
                users, awaits_next, ..
            } => {
                let (ids, named) = self.named(users, *awaits_next);
                let changed = tx.replace_members(key, &named).await.unwrap();
                tx.save_group(before, unchanged, &changed).await.unwrap();
                let circle = self.world.groups.get_mut(id).unwrap();
                circle.members = ids.into_iter().collect();
                circle.awaits = awaits_next.then_some(next).into_iter().collect();
            }
            Step::Map {
                role, precedence, ..
            } => {
                let mapping = RoleMapping {
                    role: ROLES[*role].parse().unwrap(),
                    precedence: *precedence,
                };
                tx.save_role_mapping(&before, Some(mapping.clone()))
                    .await
                    .unwrap();
                self.world.groups.get_mut(id).unwrap().mapping = Some(mapping);
            }
            Step::Unmap { .. } => {
                tx.save_role_mapping(&before, None).await.unwrap();
                self.world.groups.get_mut(id).unwrap().mapping = None;
            }
            _ => {}
        }
    }

    /// The group that gives a user its role, of those to whom one does.
    async fn giving_groups(&self) -> BTreeMap<String, String> {
        let ids: Vec<UserId> = self.world.users.keys().map(|id| user_id(id)).collect();
        let given = self.handle.roles_of(&ids).await.unwrap();
        let group = |(id, role): (UserId, UserRole)| Some((id.to_scim(), role.group?.to_scim()));
        given.into_iter().filter_map(group).collect()
    }

    async fn stored(&self) -> BTreeMap<String, (String, &'static str)> {
        let ids: Vec<UserId> = self.world.users.keys().map(|id| user_id(id)).collect();
        let given = self.handle.roles_of(&ids).await.unwrap();
        let role_of = |id: &UserId| match given.get(id) {
            Some(role) => (role.role.to_string(), role.source.as_str()),
            None => (self.world.default.to_owned(), "default"),
        };
        ids.iter().map(|id| (id.to_scim(), role_of(id))).collect()
    }
}

/// What a product knows that follows the feed.
#[derive(Default)]
struct Product {
    position: u64,
    default: String,
    /// Everybody's role; `None` is the default, whatever that is.
    roles: BTreeMap<String, Option<(String, String, Option<String>)>>,
}

impl Product {
    async fn follow(&mut self, fixture: &Fixture, org: &OrgHandle) {
        loop {
            let query = FeedQuery {
                after: self.position,
                org_id: Some(org.org_id()),
                limit: 200,
                ..FeedQuery::default()
            };
            let events = fixture.store.read_feed(&query).await.unwrap().events;
            let Some(last) = events.last() else { return };
            self.position = last.position;
            events.iter().for_each(|event| self.note(event));
        }
    }

    fn note(&mut self, event: &Event) {
        let text = |pointer: &str| event.data.pointer(pointer).and_then(Value::as_str);
        let id = text("/user/id").unwrap_or_default().to_owned();
        match event.kind {
            EventType::PolicyUpdated => {
                text("/policy/default_role")
                    .unwrap()
                    .clone_into(&mut self.default);
            }
            EventType::UserCreated | EventType::UserRestored => {
                self.roles.insert(id, None);
            }
            EventType::UserDeleted => {
                self.roles.remove(&id);
            }
            EventType::UserRoleChanged => {
                let side = |side: &str| {
                    let part = |name| text(&format!("{side}/{name}"));
                    let group = part("group/id");
                    (part("role").unwrap(), part("source").unwrap(), group)
                };
                let (before, after) = (side("/before"), side("/after"));
                assert_ne!(before, after, "nothing changed");
                assert_eq!(self.role_of(&id), before, "{event:?}");
                let (role, source, group) = after;
                let given = (role.to_owned(), source.to_owned(), group.map(str::to_owned));
                let given = (source != "default").then_some(given);
                self.roles.insert(id, given);
            }
            _ => {}
        }
    }

    /// The role, what gives it, and the group if it is one.
    fn role_of(&self, id: &str) -> (&str, &str, Option<&str>) {
        match &self.roles[id] {
            Some((role, source, group)) => (role, source, group.as_deref()),
            None => (&self.default, "default", None),
        }
    }
}

on_each_database! {
    async fn roles_are_what_follows_from_what_gives_them(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let mut runner = TestRunner::deterministic();
        for run in 0..RUNS {
            let org = fixture.organization(&format!("Org {run}")).await;
            let handle = fixture.connection(&org, u8::try_from(run).unwrap()).await;
            let mut twins = Twins { fixture: &fixture, org: &org, handle: &handle, world: World::new() };
            let mut product = Product { default: "member".to_owned(), ..Product::default() };
            let all = steps(STEPS).new_tree(&mut runner).unwrap().current();
            for steps in all.chunks(2) {
                twins.take(steps).await;
                let expected = twins.world.roles();
                assert_eq!(twins.stored().await, expected, "run {run}, after {steps:?}");
                product.follow(&fixture, &org).await;
                let told: BTreeMap<_, _> = expected.keys().map(|id| (id.clone(), product.role_of(id))).collect();
                let groups = twins.giving_groups().await;
                let expected: BTreeMap<_, _> = expected.iter()
                    .map(|(id, (role, source))| (id.clone(), (role.as_str(), *source, groups.get(id).map(String::as_str))))
                    .collect();
                assert_eq!(told, expected, "run {run}, events after {steps:?}");
            }
            assert!(twins.world.users.len() > 5, "the sequence came to something");
        }
    }
}
