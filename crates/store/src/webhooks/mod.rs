//! Webhooks: endpoints, and the queue of what is to be sent to them.
//!
//! An endpoint belongs to one organization or to the installation, so all of this hangs on
//! [`Store`](crate::Store). Whoever calls for somebody who is bound to an organization says so with
//! `within`: then only the endpoints of that organization exist.
//!
//! See docs/decisions/0022-webhook-queue.md for how the queue works.

mod change;
mod claim;
mod deliveries;
mod endpoints;
mod fan_out;
mod finish;
mod tell;
mod upkeep;

pub use self::change::{NewWebhookEndpoint, NewWebhookSecret, WebhookEndpointChange};
pub use self::claim::{ClaimedDeliveries, ClaimedDelivery, DueEndpoint};
pub use self::deliveries::ReplayRange;
pub(crate) use self::fan_out::fan_out;
pub use self::finish::{AfterFailure, AttemptMade, Finished};
pub use self::upkeep::WebhookQueue;
