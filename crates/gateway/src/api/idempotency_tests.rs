//! Tests of calls with an `Idempotency-Key`, on SQLite in memory.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use actix_web::test::TestRequest;
use rollcall_model::{ManualClock, Origin, Timestamp};
use rollcall_orgs::api_keys;
use rollcall_store::{StoreOptions, Synchronous};
use serde_json::json;

use super::*;

/// A store with one API key, and how often the work was done.
struct Setting {
    store: Store,
    owner: ApiKeyId,
    done: Rc<Cell<u32>>,
    _folder: tempfile::TempDir,
}

async fn setting() -> Setting {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.db");
    let options = StoreOptions {
        synchronous: Synchronous::Normal,
        ..StoreOptions::of(format!("sqlite://{}?mode=rwc", file.display()))
    };
    let clock = ManualClock::at(Timestamp::from_unix_micros(1_763_782_800_000_000));
    let store = Store::connect(&options, Arc::new(clock)).await.unwrap();
    store.migrate().await.unwrap();
    let origin = Origin::system(store.clock());
    let owner = api_keys::create(&store, "test", origin)
        .await
        .unwrap()
        .key
        .id;
    Setting {
        store,
        owner,
        done: Rc::default(),
        _folder: folder,
    }
}

impl Setting {
    /// Sends a body with a key; the work is refused if the body says so.
    async fn send(&self, key: &str, body: &'static str) -> Result<Outcome, Problem> {
        let req = TestRequest::post()
            .uri("/v1/organizations")
            .insert_header((HEADER, key))
            .to_http_request();
        let key = IdempotencyKey::of(&req, body.as_bytes(), self.owner)?;
        let done = self.done.clone();
        let work = async move {
            if body == "refuse" {
                return Err(Problem::not_found("organization"));
            }
            done.set(done.get() + 1);
            Ok(Answer::created(&json!({ "id": "org_1", "secret": null }))?
                .showing("/secret", "s3cret"))
        };
        key.unwrap().run(&self.store, work).await
    }
}

#[actix_web::test]
async fn a_repeated_request_is_answered_again_and_not_done_again() {
    let setting = setting().await;

    let first = setting.send("k1", "a").await.unwrap();
    let second = setting.send("k1", "a").await.unwrap();

    assert!(matches!(first, Outcome::Done(_)));
    let Outcome::Replayed(answer) = second else {
        panic!("the second was done too");
    };
    insta::assert_snapshot!(answer.remembered().body, @r#"{"id":"org_1","secret":null}"#);
    assert_eq!(setting.done.get(), 1);
}

#[actix_web::test]
async fn a_key_stands_for_one_request() {
    let setting = setting().await;
    setting.send("k1", "a").await.unwrap();
    insta::assert_snapshot!(
        setting.send("k1", "b").await.unwrap_err(),
        @"422 Unprocessable Entity idempotency_key_reused: this key was used for another request; give each request a key of its own"
    );
}

#[actix_web::test]
async fn a_refused_call_frees_its_key() {
    let setting = setting().await;
    setting.send("k1", "refuse").await.unwrap_err();
    let then = setting.send("k1", "a").await.unwrap();
    assert!(matches!(then, Outcome::Done(_)));
}

#[actix_web::test]
async fn a_call_that_was_cut_off_is_not_done_again() {
    let setting = setting().await;
    let request = digest("POST", "/v1/organizations", b"a");
    let begun = setting.store.begin_idempotent(setting.owner, "k1", request);
    assert_eq!(begun.await.unwrap(), Begun::New);
    insta::assert_snapshot!(
        setting.send("k1", "a").await.unwrap_err(),
        @"409 Conflict idempotency_unfinished: the first request with this key is still under way, or was cut off; wait a moment and send it again, and if that does not help, look whether the resource was made before you use a new key"
    );
}

#[actix_web::test]
async fn a_client_that_goes_away_does_not_stop_the_work() {
    let setting = setting().await;
    {
        let mut sent = pin!(setting.send("k1", "a"));
        while setting.done.get() == 0 {
            poll_fn(|context| Poll::Ready(sent.as_mut().poll(context).is_pending())).await;
            tokio::task::yield_now().await;
        }
    }
    loop {
        match setting.send("k1", "a").await {
            Ok(outcome) => return assert!(matches!(outcome, Outcome::Replayed(_))),
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

#[actix_web::test]
async fn a_key_is_short_and_visible() {
    let setting = setting().await;
    for bad in ["", "a b", &"k".repeat(256)] {
        let refusal = setting.send(bad, "a").await.unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(
                refusal,
                @"422 Unprocessable Entity invalid_field: `Idempotency-Key` must be one key of 1 to 255 visible ASCII characters"
            );
        }
    }
}
