//! Hears what other replicas changed, and checks every second that nothing was missed.
//!
//! The check is also what finds out that Redis is away, and that it is back.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use redis::Msg;
use rollcall_metrics::{Metrics, StaleNotice};
use rollcall_model::Stale;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::{Channel, RETRY_EVERY, publish};
use crate::link::{Link, LinkError};

/// How often it is checked that nothing was missed.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// How long a message may be on its way.
const ARRIVAL: Duration = Duration::from_millis(500);

/// What a replica does with what it hears: called in order, from one task.
pub(crate) type Forget = Arc<dyn Fn(Stale) + Send + Sync>;

/// Why a subscription ended.
enum Ended {
    /// Redis is away.
    Away(LinkError),
    /// A message was missed.
    Missed,
}

impl<E: Into<LinkError>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Away(error.into())
    }
}

/// Listens for this process.
pub(crate) struct Listener {
    link: Arc<Link>,
    channel: Channel,
    forget: Forget,
    metrics: Metrics,
}

impl Listener {
    pub(crate) fn new(link: Arc<Link>, channel: Channel, forget: Forget, metrics: Metrics) -> Self {
        Self {
            link,
            channel,
            forget,
            metrics,
        }
    }

    /// Listens for ever.
    pub(crate) async fn run(&self) {
        loop {
            let Err(ended) = self.follow().await;
            self.forget_everything();
            match ended {
                Ended::Missed => {}
                Ended::Away(error) => {
                    self.link.went_away(&error);
                    self.link.renew();
                    sleep(RETRY_EVERY).await;
                }
            }
        }
    }

    /// Listens until something is wrong.
    async fn follow(&self) -> Result<std::convert::Infallible, Ended> {
        let long = self.link.long_patience;
        let slow = |_| LinkError::Slow(long);
        let connect = self.link.client.get_async_pubsub();
        let mut subscription = timeout(long, connect).await.map_err(slow)??;
        let subscribe = subscription.subscribe(&self.channel.name);
        timeout(long, subscribe).await.map_err(slow)??;
        // From here on every message is heard. What was sent before is lost, so:
        let mut seen = self.generation().await?;
        self.forget_everything();
        let mut messages = subscription.into_on_message();
        let mut check = interval(CHECK_EVERY);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let message = message.ok_or(LinkError::Closed)?;
                    self.hear(&message, &mut seen)?;
                }
                _ = check.tick() => self.check(&mut messages, &mut seen).await?,
                () = self.link.doubted() => self.check(&mut messages, &mut seen).await?,
            }
        }
    }

    /// Whether Redis answers, and nothing was missed. Messages come over another connection than
    /// the number, so one that was just sent is given time to arrive.
    async fn check(
        &self,
        messages: &mut (impl Stream<Item = Msg> + Unpin),
        seen: &mut u64,
    ) -> Result<(), Ended> {
        let generation = self.generation().await?;
        if generation < *seen {
            return Err(Ended::Missed);
        }
        let arrive = async {
            while *seen < generation {
                let message = messages.next().await.ok_or(LinkError::Closed)?;
                self.hear(&message, seen)?;
            }
            Ok(())
        };
        timeout(ARRIVAL, arrive).await.unwrap_or(Err(Ended::Missed))
    }

    /// Does what a message says, and notes its number.
    fn hear(&self, message: &Msg, seen: &mut u64) -> Result<(), Ended> {
        let text: String = message.get_payload().unwrap_or_default();
        let mut parts = text.split(' ');
        let number = parts.next().and_then(|number| number.parse::<u64>().ok());
        let (Some(number), Some(sender), Some(stale)) = (number, parts.next(), parts.next()) else {
            return Err(Ended::Missed);
        };
        // One that was sent between subscribing and asking for the number is heard late.
        if number > *seen + 1 {
            return Err(Ended::Missed);
        }
        *seen = number.max(*seen);
        if sender == self.channel.own {
            return Ok(());
        }
        match stale.parse() {
            Ok(Stale::Everything) => self.forget_everything(),
            Ok(stale) => {
                self.metrics.stale_notice(StaleNotice::Heard);
                (self.forget)(stale);
            }
            // Of a later release, which may mean more than we know.
            Err(_) => self.forget_everything(),
        }
        Ok(())
    }

    fn forget_everything(&self) {
        self.metrics.stale_notice(StaleNotice::Everything);
        (self.forget)(Stale::Everything);
    }

    /// The number of the last message, of whomever. Tells the link that Redis answers.
    async fn generation(&self) -> Result<u64, LinkError> {
        let channel = self.channel.clone();
        let ask = self
            .link
            .work(|manager| publish(manager, channel, Vec::new()));
        let (generation, took) = Link::timed(ask).await;
        if generation.is_ok() {
            self.link.answered(took);
        }
        generation
    }
}
