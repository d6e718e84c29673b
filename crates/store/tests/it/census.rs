//! The census and the state of each connection are two ways to say the same.

use std::collections::HashMap;

use rollcall_model::{ConnectionState, PageRequest};
use rollcall_store::ScimConnectionChange;
use rollcall_testkit::on_each_database;

use crate::fixture::{Fixture, user};

on_each_database! {
    async fn the_census_counts_the_states_that_connections_show(database: TestDatabase) {
        let fixture = Fixture::on(&database).await;
        let org = fixture.organization("Acme").await;
        let mut handles = Vec::new();
        for digest in 0..4 {
            handles.push(fixture.connection(&org, digest).await);
        }
        for handle in &handles[1..] {
            let mut tx = handle.begin(fixture.request()).await.unwrap();
            assert!(tx.mark_connected(None).await.unwrap());
            tx.insert_user(user("amy")).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut tx = org.begin(fixture.origin()).await.unwrap();
        let off = ScimConnectionChange { enabled: Some(false), ..Default::default() };
        tx.change_scim_connection(handles[2].connection_id(), off).await.unwrap();
        let all = PageRequest { after: None, limit: 10 };
        let token = handles[3].list_tokens(all).await.unwrap().items[0].id;
        let now = fixture.store.clock().now();
        assert!(tx.revoke_token(handles[3].connection_id(), token, now).await.unwrap());
        tx.commit().await.unwrap();

        let census = fixture.store.census().await.unwrap();
        let all = PageRequest { after: None, limit: 10 };
        let mut states: HashMap<ConnectionState, u64> = HashMap::new();
        for connection in org.list_scim_connections(all).await.unwrap().items {
            *states.entry(connection.state()).or_default() += 1;
        }
        assert_eq!(states[&ConnectionState::AwaitingFirstRequest], census.in_state(ConnectionState::AwaitingFirstRequest));
        assert_eq!(states[&ConnectionState::Connected], census.in_state(ConnectionState::Connected));
        assert_eq!(states[&ConnectionState::Disabled], census.in_state(ConnectionState::Disabled));
        assert_eq!(states[&ConnectionState::Attention], census.in_state(ConnectionState::Attention));
        assert_eq!((census.organizations, census.users, census.groups), (1, 3, 0));
        assert!(census.connections.iter().all(|it| it.idp.is_none()));
        assert_eq!(fixture.store.count_inactive_users().await.unwrap(), 0);
        assert_eq!(census.outbox, fixture.store.outbox_len().await.unwrap());
    }
}
