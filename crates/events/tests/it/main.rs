//! Tests of what carries the feed to others, against real servers.

mod fixture;
mod receiver;
mod webhooks;
mod webhooks_by_hand;
mod webhooks_order;
mod webhooks_refused;
