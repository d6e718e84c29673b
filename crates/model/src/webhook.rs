//! Webhooks: where events are sent, and what became of each.

use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::{EventId, EventType, OrgId, Timestamp, WebhookDeliveryId, WebhookEndpointId};

/// Words that stand in the database and in answers.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// The word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!("must be one of {}", [$($text),+].join(", "))),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    /// Why nothing is sent to an endpoint.
    PauseReason {
        /// Somebody switched it off.
        Manual = "manual",
        /// Everything failed for too long.
        Failing = "failing",
        /// It answered 410 Gone.
        Gone = "gone",
    }
}

words! {
    /// How far a delivery has come.
    DeliveryState {
        /// It waits for its turn, for its next attempt, or for an answer.
        Pending = "pending",
        /// It was answered with 2xx.
        Delivered = "delivered",
        /// It was given up.
        Failed = "failed",
    }
}

/// A secret that signs, without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookSecretInfo {
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops signing; `None` for the current one.
    pub expires_at: Option<Timestamp>,
}

/// A place where events are sent.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// The one organization whose events it is sent; `None` for all of them.
    pub organization_id: Option<OrgId>,
    /// Where it is.
    pub url: String,
    /// What it is, for people.
    pub description: Option<String>,
    /// The types that it is sent; `None` for every type.
    pub types: Option<Vec<EventType>>,
    /// Whether events of one organization come strictly one after the other.
    pub ordered: bool,
    /// How many requests are on their way to it at most.
    pub max_in_flight: u32,
    /// How long it may take to answer.
    pub timeout: Duration,
    /// Since when and why nothing is sent to it.
    pub paused: Option<(Timestamp, PauseReason)>,
    /// Attempts in a row that failed.
    pub failures: u32,
    /// When the first of those was.
    pub failing_since: Option<Timestamp>,
    /// The secrets that sign, newest first. Empty where nobody asked for them.
    pub secrets: Vec<WebhookSecretInfo>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookDelivery {
    /// Its id.
    pub id: WebhookDeliveryId,
    /// Where to.
    pub endpoint_id: WebhookEndpointId,
    /// The event; the `webhook-id` of every attempt.
    pub event_id: EventId,
    /// The type of the event.
    pub event_type: String,
    /// Whose event it is; `None` for a test.
    pub organization_id: Option<OrgId>,
    /// The event's place in the feed; 0 for a test.
    pub position: u64,
    /// How far it has come.
    pub state: DeliveryState,
    /// Attempts that were begun.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When the next attempt is due; `None` while one is under way, and at the end.
    pub due_at: Option<Timestamp>,
    /// When it was delivered or given up.
    pub finished_at: Option<Timestamp>,
}

/// One request, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAttempt {
    /// 1, 2, 3, …
    pub number: u32,
    /// When it was begun.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// The status that was answered, if there was an answer.
    pub status: Option<u16>,
    /// Why it failed, in words; `None` if it did not.
    pub error: Option<String>,
    /// The first 4 KiB of what was answered.
    pub response: Option<String>,
}
