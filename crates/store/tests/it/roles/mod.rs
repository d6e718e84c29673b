//! Roles of users, and what gives them.

mod at_random;
mod world;

use rollcall_model::{
    EventType, GroupId, PageRequest, RoleAttribute, RoleMapping, ScimSettingsChange, UserId,
};
use rollcall_store::{
    ConnectionHandle, FeedQuery, MembersChanged, NamedMember, OrgHandle, ScimConnectionChange,
    StoreError,
};
use rollcall_testkit::on_each_database;
use serde_json::{Value, json};

use crate::fixture::{Fixture, as_members, group, resource, user};

const ROUNDS: usize = 60;

fn mapping(role: &str, precedence: u32) -> Option<RoleMapping> {
    Some(RoleMapping {
        role: role.parse().unwrap(),
        precedence,
    })
}

async fn map(fixture: &Fixture, ours: &ConnectionHandle, id: GroupId, to: Option<RoleMapping>) {
    let mut tx = ours.begin_as(fixture.origin()).await.unwrap();
    let before = tx.lock_group(id).await.unwrap().unwrap();
    tx.save_role_mapping(&before, to).await.unwrap();
    tx.commit().await.unwrap();
}

async fn role_of(ours: &ConnectionHandle, id: UserId) -> String {
    let roles = ours.roles_of(&[id]).await.unwrap();
    roles.get(&id).map_or("default".to_owned(), |role| {
        format!("{} by {}", role.role, role.source.as_str())
    })
}

/// What was told of roles.
async fn told(fixture: &Fixture) -> Vec<Value> {
    let query = FeedQuery {
        types: vec![EventType::UserRoleChanged],
        limit: 100,
        ..FeedQuery::default()
    };
    let events = fixture.store.read_feed(&query).await.unwrap().events;
    events.into_iter().map(|event| event.data).collect()
}

on_each_database! {
    async fn only_direct_members_get_the_role_of_a_group(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(user("amy")).await.unwrap().id;
        let inner = tx.insert_group(group("Inner"), &as_members(&[amy])).await.unwrap().group.id;
        let nested = [NamedMember::of(inner.to_scim())];
        let outer = tx.insert_group(group("Outer"), &nested).await.unwrap().group.id;
        tx.commit().await.unwrap();
        map(&fixture, &ours, outer, mapping("owner", 0)).await;
        assert_eq!(role_of(&ours, amy).await, "default");
        map(&fixture, &ours, inner, mapping("guest", 0)).await;
        assert_eq!(role_of(&ours, amy).await, "guest by group");
    }

    async fn renaming_a_group_tells_of_no_role_and_equal_mappings_tell_nothing(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(user("amy")).await.unwrap().id;
        let admins = tx.insert_group(group("Admins"), &as_members(&[amy])).await.unwrap().group.id;
        tx.commit().await.unwrap();
        map(&fixture, &ours, admins, mapping("administrator", 5)).await;
        let before = told(&fixture).await;
        assert_eq!(before, [json!({
            "user": { "id": amy.to_scim() },
            "before": { "role": "member", "source": "default" },
            "after": { "role": "administrator", "source": "group", "group": { "id": admins.to_scim() } },
        })]);

        map(&fixture, &ours, admins, mapping("administrator", 5)).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let admin_group = tx.lock_group(admins).await.unwrap().unwrap();
        let renamed = group("Not admins");
        tx.save_group(admin_group, renamed, &MembersChanged::default()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(role_of(&ours, amy).await, "administrator by group");
        assert_eq!(told(&fixture).await, before);
        let mappings = acme.list_role_mappings(PageRequest { after: None, limit: 9 }).await.unwrap();
        let mapped: Vec<_> = mappings.items.iter()
            .map(|group| (group.display_name.as_str(), group.members))
            .collect();
        assert_eq!(mapped, [("Not admins", 1)]);
    }

    async fn a_plain_role_that_is_none_is_refused_and_other_roles_are_not(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let refused = tx.insert_user(resource(json!({ "userName": "amy", "role": "boss" }))).await;
        insta::assert_snapshot!(refused.unwrap_err(), @"`role` is `boss`, and this organization has no role of that name; it has `owner`, `administrator`, `moderator`, `member`, `guest`");
        drop(tx);
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let body = json!({ "userName": "amy", "roles": ["boss"] });
        let amy = tx.insert_user(resource(body)).await.unwrap().id;
        let body = json!({ "userName": "bob", "role": " Guest" });
        let bob = tx.insert_user(resource(body)).await.unwrap().id;
        tx.commit().await.unwrap();
        assert_eq!(role_of(&ours, amy).await, "default");
        assert_eq!(role_of(&ours, bob).await, "guest by attribute");
    }

    async fn another_attribute_takes_effect_at_once(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let body = json!({ "userName": "amy", "role": "owner", "title": "Guest" });
        let amy = tx.insert_user(resource(body)).await.unwrap().id;
        tx.commit().await.unwrap();
        assert_eq!(role_of(&ours, amy).await, "owner by attribute");
        for (chosen, expected) in [("title", "guest by attribute"), ("none", "default"), ("auto", "owner by attribute")] {
            choose(&fixture, &acme, &ours, chosen).await;
            assert_eq!(role_of(&ours, amy).await, expected);
        }
        assert_eq!(told(&fixture).await.len(), 4);
    }

    async fn what_was_given_by_hand_goes_before_everything_and_ends_with_the_user(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(resource(json!({ "userName": "amy", "role": "guest" }))).await.unwrap().id;
        let admins = tx.insert_group(group("Admins"), &as_members(&[amy])).await.unwrap().group.id;
        tx.commit().await.unwrap();
        map(&fixture, &ours, admins, mapping("administrator", 5)).await;
        let mut tx = ours.begin_as(fixture.origin()).await.unwrap();
        tx.lock_user(amy).await.unwrap();
        tx.give_role(amy, "owner".parse().unwrap(), Some("Founder".to_owned()));
        tx.commit().await.unwrap();
        assert_eq!(role_of(&ours, amy).await, "owner by manual");
        let explanation = ours.explain_role(amy, "member".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(explanation.manual.unwrap().reason.as_deref(), Some("Founder"));
        assert_eq!(explanation.attribute.unwrap().role.unwrap().as_str(), "guest");
        assert_eq!(explanation.groups[0].display_name, "Admins");
        let in_use = acme.begin(fixture.origin()).await.unwrap().roles_in_use().await.unwrap();
        let names: Vec<_> = in_use.iter().map(|(role, uses)| format!("{role} {uses}")).collect();
        assert_eq!(names, ["administrator 1", "guest 1", "owner 1"]);

        let mut tx = ours.begin(fixture.request()).await.unwrap();
        tx.lock_user_with_groups(amy).await.unwrap();
        tx.delete_user(amy).await.unwrap();
        tx.restore_user(amy).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(role_of(&ours, amy).await, "guest by attribute");
    }

    async fn a_mapping_comes_back_with_its_group_unless_its_role_has_gone(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let amy = tx.insert_user(user("amy")).await.unwrap().id;
        let admins = tx.insert_group(group("Admins"), &as_members(&[amy])).await.unwrap().group.id;
        tx.commit().await.unwrap();
        map(&fixture, &ours, admins, mapping("moderator", 5)).await;
        for role_stays in [true, false] {
            let mut tx = ours.begin(fixture.request()).await.unwrap();
            tx.lock_group_with_parents(admins).await.unwrap();
            assert!(tx.delete_group(admins).await.unwrap());
            tx.commit().await.unwrap();
            assert_eq!(role_of(&ours, amy).await, "default");
            if !role_stays {
                let mut tx = acme.begin(fixture.origin()).await.unwrap();
                let before = tx.lock_policy().await.unwrap();
                let mut after = before.policy.clone();
                after.roles.retain(|role| role.as_str() != "moderator");
                tx.save_policy(before, after).await.unwrap();
                tx.commit().await.unwrap();
            }
            let mut tx = ours.begin(fixture.request()).await.unwrap();
            let back = tx.restore_group(admins).await.unwrap().unwrap();
            tx.commit().await.unwrap();
            assert_eq!(back.role_mapping, mapping("moderator", 5).filter(|_| role_stays));
        }
    }

    async fn many_members_of_a_group_are_settled_in_rounds(database: TestDatabase) {
        const MEMBERS: usize = 1_203;
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let mut people = Vec::new();
        for number in 0..MEMBERS {
            people.push(tx.insert_user(user(&format!("user{number}"))).await.unwrap().id);
        }
        let all = tx.insert_group(group("All"), &as_members(&people)).await.unwrap().group.id;
        tx.commit().await.unwrap();
        for (to, expected) in [(mapping("guest", 0), MEMBERS), (None, 0)] {
            map(&fixture, &ours, all, to).await;
            assert_eq!(ours.roles_of(&people).await.unwrap().len(), expected);
        }
    }

    async fn two_groups_that_change_at_once_leave_the_right_role(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let acme = fixture.organization("Acme").await;
        let ours = fixture.connection(&acme, 1).await;
        let mut tx = ours.begin(fixture.request()).await.unwrap();
        let people = [
            tx.insert_user(user("amy")).await.unwrap().id,
            tx.insert_user(user("bob")).await.unwrap().id,
        ];
        let mut groups = Vec::new();
        for name in ["Owners", "Guests"] {
            groups.push(tx.insert_group(group(name), &[]).await.unwrap().group.id);
        }
        tx.commit().await.unwrap();
        map(&fixture, &ours, groups[0], mapping("owner", 0)).await;
        map(&fixture, &ours, groups[1], mapping("guest", 1)).await;
        for round in 0..ROUNDS {
            // Each bit says for one group whether everybody joins it or leaves it.
            let [first, second] = [0, 1].map(|group| round >> group & 1 == 0);
            let change = |group: GroupId, joins: bool| {
                let (ours, request) = (ours.clone(), fixture.request());
                tokio::spawn(async move { change(&ours, request, group, &people, joins).await })
            };
            let both = [change(groups[0], first), change(groups[1], second)];
            for done in both {
                done.await.unwrap();
            }
            let expected = match (first, second) {
                (true, _) => "owner by group",
                (false, true) => "guest by group",
                (false, false) => "default",
            };
            for id in people {
                assert_eq!(role_of(&ours, id).await, expected, "round {round}");
            }
        }
    }
}

async fn choose(fixture: &Fixture, acme: &OrgHandle, ours: &ConnectionHandle, chosen: &str) {
    let settings: ScimSettingsChange =
        serde_json::from_value(json!({ "role_attribute": chosen })).unwrap();
    assert_eq!(
        settings.role_attribute(),
        RoleAttribute::from(chosen.to_owned())
    );
    let change = ScimConnectionChange {
        settings: Some(settings),
        ..ScimConnectionChange::default()
    };
    let mut tx = acme.begin(fixture.origin()).await.unwrap();
    tx.change_scim_connection(ours.connection_id(), change)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Lets people join a group or leave it, again where the database ended the transaction because of
/// another one.
async fn change(
    ours: &ConnectionHandle,
    request: rollcall_model::RequestId,
    id: GroupId,
    people: &[UserId],
    joins: bool,
) {
    loop {
        let done: Result<(), StoreError> = async {
            let mut tx = ours.begin(request).await?;
            let members = as_members(people);
            if joins {
                let before = tx.lock_group_for(id, &members).await?.unwrap();
                tx.save_group_joined_by(before, &members).await?;
            } else {
                let before = tx.lock_group(id).await?.unwrap();
                let ids: Vec<String> = people.iter().map(|id| id.to_scim()).collect();
                tx.save_group_left_by(before, &ids).await?;
            }
            tx.commit().await
        }
        .await;
        match done {
            Err(error) if error.is_contention() => {}
            done => return done.unwrap(),
        }
    }
}
