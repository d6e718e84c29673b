//! Changes, told and heard.

use rollcall_model::Stale;
use rollcall_testkit::block_on;
use rollcall_testkit::servers::redis_url;

use crate::fixture::{Replica, change, options};

/// Redis itself, without the crate.
async fn command(url: &str, name: &str, arguments: &[&str]) {
    let client = redis::Client::open(url).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let done = redis::cmd(name)
        .arg(arguments)
        .query_async(&mut redis)
        .await;
    let _: redis::Value = done.unwrap();
}

#[test]
fn a_change_is_heard_by_the_others_and_not_by_its_sender() {
    block_on(async {
        let options = options(&redis_url());
        let mut first = Replica::listening(&options).await;
        let mut second = Replica::listening(&options).await;
        let (of_first, of_second) = (change(), change());

        first.replicas.announce(of_first);
        assert_eq!(second.hear().await, of_first);
        second.replicas.announce(of_second);
        assert_eq!(first.hear().await, of_second);
    });
}

#[test]
fn installations_with_other_prefixes_do_not_hear_each_other() {
    block_on(async {
        let (one, other) = (options(&redis_url()), options(&redis_url()));
        let sender = Replica::listening(&one).await;
        let stranger = Replica::listening(&other).await;
        let mut listener = Replica::listening(&one).await;
        let (of_stranger, of_sender) = (change(), change());

        stranger.replicas.announce(of_stranger);
        sender.replicas.announce(of_sender);

        assert_eq!(listener.hear().await, of_sender);
    });
}

#[test]
fn a_number_that_was_left_out_means_that_everything_is_forgotten() {
    block_on(async {
        let options = options(&redis_url());
        let mut listener = Replica::listening(&options).await;
        let sender = Replica::listening(&options).await;
        let generation = format!("{}generation", options.key_prefix);

        // As if a message had been sent and not arrived.
        command(&redis_url(), "INCR", &[&generation]).await;
        sender.replicas.announce(change());

        assert_eq!(listener.hear().await, Stale::Everything);
    });
}

#[test]
fn a_message_that_did_not_arrive_is_noticed_without_another_one() {
    block_on(async {
        let options = options(&redis_url());
        let mut listener = Replica::listening(&options).await;
        let generation = format!("{}generation", options.key_prefix);

        command(&redis_url(), "INCR", &[&generation]).await;
        assert_eq!(listener.hear().await, Stale::Everything);

        // As a Redis does that was emptied, or is another one now.
        listener.drop_heard();
        command(&redis_url(), "DEL", &[&generation]).await;
        assert_eq!(listener.hear().await, Stale::Everything);
    });
}

#[test]
fn a_message_of_a_later_release_makes_everything_forgotten() {
    block_on(async {
        let options = options(&redis_url());
        let mut listener = Replica::listening(&options).await;
        let channel = format!("{}stale", options.key_prefix);

        let later = "1 somebody policy_1";
        command(&redis_url(), "PUBLISH", &[&channel, later]).await;
        assert_eq!(listener.hear().await, Stale::Everything);
        command(&redis_url(), "PUBLISH", &[&channel, "gibberish"]).await;
        assert_eq!(listener.hear().await, Stale::Everything);
    });
}
