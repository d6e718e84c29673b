//! Why connections need attention: what each of them shows, and what is counted over all of them.

use std::time::Duration;

use rollcall_model::habit::Observation;
use rollcall_model::{
    AttentionReason, ConnectionState, Credential, PageRequest, Scopes, Timestamp, TokenId,
};
use rollcall_store::{
    Activity, Census, ConnectionHandle, ConnectionStates, NewToken, OrgHandle, OrganizationQuery,
};
use rollcall_testkit::on_each_database;
use sea_orm::{ConnectionTrait, Statement};

use crate::fixture::Fixture;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// A connection that has been used, with the token that it was used with.
struct Used {
    org: OrgHandle,
    of: ConnectionHandle,
    token: TokenId,
}

impl Used {
    async fn new(fixture: &Fixture, name: &str, digest: u8) -> Self {
        let org = fixture.organization(name).await;
        let of = fixture.connection(&org, digest).await;
        let mut tx = of.begin(fixture.request()).await.unwrap();
        assert!(tx.mark_connected(None).await.unwrap());
        tx.commit().await.unwrap();
        let page = PageRequest {
            after: None,
            limit: 1,
        };
        let token = of.list_tokens(page).await.unwrap().items[0].id;
        let used = Self { org, of, token };
        used.use_at(fixture, fixture.store.clock().now()).await;
        used
    }

    /// A request came that was let in; nothing is learned from it yet.
    async fn use_at(&self, fixture: &Fixture, at: Timestamp) {
        let activity = Activity {
            handle: self.of.clone(),
            credential: Credential::Token(self.token),
            at,
            idp: None,
        };
        fixture.store.note_activity(&[activity]).await.unwrap();
    }

    async fn learn(&self, fixture: &Fixture, seen: Observation) {
        let seen = [(self.of.clone(), seen)];
        fixture.store.learn_habits(&seen).await.unwrap();
    }

    /// It asks every forty minutes.
    async fn poll(&self, fixture: &Fixture, from: Timestamp, until: Timestamp) {
        let mut at = from;
        while at <= until {
            let mut seen = Observation::default();
            seen.note_active(at);
            self.learn(fixture, seen).await;
            at = at.plus(40 * MINUTE);
        }
        self.use_at(fixture, at.minus(40 * MINUTE)).await;
    }

    async fn replace_token(&mut self, fixture: &Fixture, lives: Duration) {
        let now = fixture.store.clock().now();
        let new = NewToken {
            id: TokenId::new(fixture.clock.as_ref()),
            name: "next".to_owned(),
            prefix: "rc_next".to_owned(),
            scopes: Scopes::WRITE,
            digest: [200; 32],
            expires_at: now.plus(lives),
        };
        let mut tx = self.org.begin(fixture.origin()).await.unwrap();
        let id = self.of.connection_id();
        assert!(tx.revoke_token(id, self.token, now).await.unwrap());
        self.token = tx.insert_token(id, new).await.unwrap().id;
        tx.commit().await.unwrap();
    }

    async fn revoke(&self, fixture: &Fixture) {
        let mut tx = self.org.begin(fixture.origin()).await.unwrap();
        let (id, now) = (self.of.connection_id(), fixture.store.clock().now());
        assert!(tx.revoke_token(id, self.token, now).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn reasons(&self) -> Vec<&'static str> {
        let found = self.org.find_scim_connection(self.of.connection_id()).await;
        found.unwrap().unwrap().reasons()
    }
}

/// How many need attention for each reason.
async fn counted(fixture: &Fixture) -> (Census, Vec<(&'static str, u64)>) {
    let census = fixture.store.census().await.unwrap();
    let words = AttentionReason::ALL.map(AttentionReason::as_str);
    let counts = words.into_iter().zip(census.reasons);
    (census, counts.filter(|(_, count)| *count > 0).collect())
}

on_each_database! {
    async fn what_is_counted_is_what_each_connection_shows(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let begin = fixture.store.clock().now();
        let mut all = Vec::new();
        for (digest, name) in ["well", "quiet", "heard", "refused", "failing", "ending", "ended", "new"].into_iter().enumerate() {
            all.push(Used::new(&fixture, name, u8::try_from(digest).unwrap()).await);
        }
        all[5].replace_token(&fixture, 19 * DAY).await;
        all[5].use_at(&fixture, begin).await;
        all[6].revoke(&fixture).await;
        let (end, late) = (begin.plus(15 * DAY), begin.plus(15 * DAY).plus(5 * Duration::from_hours(1)));
        for (used, until) in [(0, late), (1, end), (2, end), (3, late), (4, late)] {
            all[used].poll(&fixture, begin, until).await;
        }
        fixture.clock.advance(15 * DAY + Duration::from_hours(6));
        let now = fixture.store.clock().now();
        all[2].use_at(&fixture, now.minus(MINUTE)).await;
        for minutes in [50, 30, 1] {
            let mut refused = Observation::default();
            refused.note_refused(now.minus(MINUTE * minutes));
            all[3].learn(&fixture, refused).await;
        }
        for minutes in [30, 1] {
            let mut failing = Observation { requests: 15, failures: 9, ..Observation::default() };
            failing.note_active(now.minus(MINUTE * minutes));
            all[4].learn(&fixture, failing).await;
        }

        let shown = [&[][..], &["quiet"], &[], &["auth_failing"], &["errors_rising"], &["token_expiring"], &["no_live_token"], &[]];
        let mut needy = Vec::new();
        for (used, shown) in all.iter().zip(shown) {
            let organization = used.org.organization();
            assert_eq!(used.reasons().await, shown, "{}", organization.name);
            let states = fixture.store.connection_states(&[organization.id]).await.unwrap();
            let expected = if shown.is_empty() {
                ConnectionStates { connected: 1, ..ConnectionStates::default() }
            } else {
                needy.push(organization.name.clone());
                ConnectionStates { attention: 1, ..ConnectionStates::default() }
            };
            assert_eq!(states[&organization.id], expected, "{}", organization.name);
        }
        let (census, counts) = counted(&fixture).await;
        assert_eq!(census.in_state(ConnectionState::Connected), 3);
        assert_eq!(census.in_state(ConnectionState::Attention), 5);
        let each = ["no_live_token", "token_expiring", "auth_failing", "errors_rising", "quiet"];
        assert_eq!(counts, each.map(|reason| (reason, 1)));
        let query = OrganizationQuery { state: Some(ConnectionState::Attention), ..OrganizationQuery::default() };
        let found = fixture.store.search_organizations(&query, PageRequest { after: None, limit: 10 }).await.unwrap();
        let mut found: Vec<_> = found.items.into_iter().map(|it| it.name).collect();
        found.sort_unstable();
        needy.sort_unstable();
        assert_eq!(found, needy);
        let due = fixture.store.due_attention(10).await.unwrap();
        assert_eq!(due.len(), 5);
        for one in due {
            assert!(fixture.store.tell_attention(one).await.unwrap());
            assert!(!fixture.store.tell_attention(one).await.unwrap(), "it is told once");
        }
        assert_eq!(fixture.store.due_attention(10).await.unwrap().len(), 0);
    }

    async fn it_is_told_again_when_the_reasons_are_others(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let begin = fixture.store.clock().now();
        let used = Used::new(&fixture, "Acme", 1).await;
        used.poll(&fixture, begin, begin.plus(15 * DAY)).await;
        let mut told = Vec::new();
        for step in ["quiet", "and no token", "heard, and no token"] {
            fixture.clock.advance(16 * DAY);
            match step {
                "quiet" => {}
                "and no token" => used.revoke(&fixture).await,
                _ => used.use_at(&fixture, fixture.store.clock().now()).await,
            }
            let due = fixture.store.due_attention(10).await.unwrap();
            assert_eq!(due.len(), 1, "{step}");
            assert!(fixture.store.tell_attention(due[0]).await.unwrap(), "{step}");
            told.push(used.reasons().await);
            fixture.clock.advance(MINUTE);
            assert_eq!(fixture.store.due_attention(10).await.unwrap().len(), 0, "{step}");
        }
        assert_eq!(told, [&["quiet"][..], &["no_live_token", "quiet"], &["no_live_token"]]);
    }

    async fn what_is_gone_or_was_never_let_in_is_not_learned_of(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let used = Used::new(&fixture, "Acme", 1).await;
        let other = Used::new(&fixture, "Globex", 2).await;
        let mut seen = Observation::default();
        seen.note_refused(fixture.store.clock().now());
        other.learn(&fixture, seen).await;
        let mut tx = used.org.begin(fixture.origin()).await.unwrap();
        assert!(tx.delete_scim_connection(used.of.connection_id()).await.unwrap());
        tx.commit().await.unwrap();
        seen.note_active(fixture.store.clock().now());
        let both = [(used.of.clone(), seen), (other.of.clone(), seen)];
        fixture.store.learn_habits(&both).await.unwrap();
        let raw = database.raw().await;
        let sql = "select scim_connection_id as id from scim_connection_habits";
        let rows = raw.query_all_raw(Statement::from_string(raw.get_database_backend(), sql));
        let rows = rows.await.unwrap();
        let ids: Vec<uuid::Uuid> = rows.iter().map(|row| row.try_get("", "id").unwrap()).collect();
        assert_eq!(ids, [other.of.connection_id().as_uuid()]);
        raw.close().await.unwrap();
    }
}
