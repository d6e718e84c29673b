//! Where webhooks are not sent.

use rollcall_events::webhooks::WebhookOptions;
use rollcall_orgs::webhooks::{Destinations, create};
use rollcall_testkit::{eventually, on_each_database};

use crate::fixture::{Fixture, fetcher, quick};
use crate::receiver::{Answer, Receiver};

on_each_database! {
    async fn a_forbidden_address_is_refused_when_it_is_saved(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let destinations = Destinations::new(fetcher(&["10.99.0.0/16"]));
        for url in [
            "https://127.0.0.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "http://8.8.8.8/",
            "https://user:secret@example.com/",
            "ftp://example.com/",
            "nonsense",
        ] {
            let tools = (&fixture.store, fixture.key(), &destinations);
            let refused = create(tools, None, (url.to_owned(), quick()), fixture.origin()).await;
            let error = refused.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.starts_with("`url` cannot be used"), "{url}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    async fn a_name_that_leads_into_a_private_network_is_refused_when_it_is_sent(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let receiver = Receiver::start(|_| Answer::Status(200)).await;
        // `localhost` is a name: what it leads to is known when it is looked up.
        let url = receiver.url.replace("http://127.0.0.1", "https://localhost");
        let endpoint = fixture.endpoint(&url, quick()).await;
        let options = WebhookOptions { fetcher: fetcher(&[]), ..fixture.options() };
        let events = fixture.send_with(options);
        let _ = fixture.organization("A").await;
        eventually("it was tried", async || {
            fixture.deliveries(endpoint.id).await.iter().any(|it| it.attempts > 1)
        }).await;
        let delivery = fixture.deliveries(endpoint.id).await[0].clone();
        let found = fixture.store.find_webhook_delivery(endpoint.id, delivery.id).await;
        let (_, attempts) = found.unwrap().unwrap();
        let error = attempts[0].error.as_deref().unwrap();
        assert!(error.contains("private or reserved network"), "{error}");
        assert!(receiver.seen().is_empty());
        events.stop().await;
    }

    async fn a_redirect_is_not_followed(database: TestDatabase) {
        let fixture = Fixture::on(database).await;
        let receiver = Receiver::start(|_| {
            Answer::Head("HTTP/1.1 307 Elsewhere\r\nlocation: /elsewhere\r\n")
        }).await;
        let endpoint = fixture.endpoint(&receiver.url, quick()).await;
        let events = fixture.send();
        let _ = fixture.organization("A").await;
        eventually("it was tried", async || receiver.seen().len() > 1).await;
        assert!(receiver.seen().iter().all(|request| request.path == "/hook"));
        let delivery = fixture.deliveries(endpoint.id).await[0].clone();
        let found = fixture.store.find_webhook_delivery(endpoint.id, delivery.id).await;
        let (_, attempts) = found.unwrap().unwrap();
        assert_eq!(attempts[0].status, Some(307));
        assert!(attempts[0].error.as_deref().unwrap().contains("redirects are not followed"));
        events.stop().await;
    }
}
