//! The values that labels can have. Nothing else becomes a label.

macro_rules! label {
    (
        $(#[$doc:meta])* $name:ident {
            $($(#[$variant_doc:meta])* $variant:ident = $label:literal,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the label.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }
    };
}

label! {
    /// What a SCIM request asked for. Spans use the same words.
    Operation {
        /// `POST /Users`
        CreateUser = "create_user",
        /// `GET /Users/{id}`
        GetUser = "get_user",
        /// `GET /Users`, with or without a filter
        ListUsers = "list_users",
        /// `PUT /Users/{id}`
        ReplaceUser = "replace_user",
        /// `PATCH /Users/{id}`
        PatchUser = "patch_user",
        /// `DELETE /Users/{id}`
        DeleteUser = "delete_user",
        /// `POST /Groups`
        CreateGroup = "create_group",
        /// `GET /Groups/{id}`
        GetGroup = "get_group",
        /// `GET /Groups`, with or without a filter
        ListGroups = "list_groups",
        /// `PUT /Groups/{id}`
        ReplaceGroup = "replace_group",
        /// `PATCH /Groups/{id}`
        PatchGroup = "patch_group",
        /// `DELETE /Groups/{id}`
        DeleteGroup = "delete_group",
        /// `POST /Bulk`, whatever its operations ask for
        Bulk = "bulk",
        /// `GET /ServiceProviderConfig`
        ServiceProviderConfig = "service_provider_config",
        /// `GET /ResourceTypes`, one or all
        ResourceTypes = "resource_types",
        /// `GET /Schemas`, one or all
        Schemas = "schemas",
        /// A path or method that the endpoint does not have.
        Unknown = "unknown",
    }
}

label! {
    /// How a request ended: the classes that need different people.
    Outcome {
        /// 1xx to 3xx
        Ok = "ok",
        /// Any 4xx that has no word of its own: the client sent something wrong.
        Invalid = "invalid",
        /// 401
        Unauthorized = "unauthorized",
        /// 403
        Forbidden = "forbidden",
        /// 404
        NotFound = "not_found",
        /// 409 and 412: another resource, or a newer version of this one, is in the way.
        Conflict = "conflict",
        /// 413 and 429: over a configured limit.
        Limited = "limited",
        /// 501: a feature that is announced as not supported.
        Unsupported = "unsupported",
        /// 503: the database or another part is away; the client may try again.
        Unavailable = "unavailable",
        /// Any other 5xx: a fault of Rollcall.
        Error = "error",
    }
}

impl Outcome {
    /// The class of an HTTP status code.
    #[must_use]
    pub const fn from_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 | 412 => Self::Conflict,
            413 | 429 => Self::Limited,
            400..=499 => Self::Invalid,
            501 => Self::Unsupported,
            503 => Self::Unavailable,
            500.. => Self::Error,
            0..=399 => Self::Ok,
        }
    }
}

label! {
    /// Why a SCIM request was not let in. Whatever is wrong with a token looks the same to the client.
    AuthenticationFailure {
        /// No `Authorization` header.
        Missing = "missing",
        /// Not one token as the header has to hold it.
        InvalidRequest = "invalid_request",
        /// Another product's secret, or a token that is cut off or mistyped.
        Malformed = "malformed",
        /// A well-formed token that nobody was given.
        Unknown = "unknown",
        /// A token of another connection than the one that the path or the host names.
        Mismatch = "mismatch",
        /// A token past its last day.
        Expired = "expired",
        /// A token that somebody revoked.
        Revoked = "revoked",
        /// A good token of a disabled connection.
        Disabled = "disabled",
        /// A good token that came from an address that its connection does not allow.
        SourceAddress = "source_address",
        /// A good token that may not do what was asked for.
        Forbidden = "forbidden",
    }
}

label! {
    /// The state of a SCIM connection, as the management API shows it.
    ConnectionState {
        /// Switched off by an operator.
        Disabled = "disabled",
        /// Set up; the identity provider has not called yet.
        AwaitingFirstRequest = "awaiting_first_request",
        /// The identity provider calls, and nothing is wrong.
        Connected = "connected",
        /// It worked, and somebody should look at it now.
        Attention = "attention",
    }
}

label! {
    /// Why a SCIM connection needs attention, as the management API shows it.
    Attention {
        /// Nothing lets its identity provider in.
        NoLiveToken = "no_live_token",
        /// The token that its identity provider uses is about to end, and it uses no other.
        TokenExpiring = "token_expiring",
        /// Its identity provider was let in before, and is refused again and again.
        AuthFailing = "auth_failing",
        /// Far more of its requests fail than usual.
        ErrorsRising = "errors_rising",
        /// Nothing was heard for far longer than it usually pauses.
        Quiet = "quiet",
    }
}

label! {
    /// When SCIM tokens end.
    TokenEnd {
        /// Within 30 days.
        Within30Days = "30",
        /// Within 14 days.
        Within14Days = "14",
        /// Within 7 days.
        Within7Days = "7",
        /// Within a day.
        Within1Day = "1",
        /// In the last 30 days.
        Expired = "expired",
    }
}

label! {
    /// The two budgets that a SCIM connection has.
    Budget {
        /// Requests that change nothing.
        Reads = "reads",
        /// Requests, and operations of bulk requests, that may change something.
        Writes = "writes",
    }
}

label! {
    /// What replicas tell each other of what is to be forgotten.
    StaleNotice {
        /// This process told the others.
        Sent = "sent",
        /// This process was told what exactly to forget.
        Heard = "heard",
        /// This process forgot everything, because it was told to or may have missed something.
        Everything = "everything",
    }
}

label! {
    /// What came of a webhook request.
    WebhookOutcome {
        /// It was answered with 2xx.
        Delivered = "delivered",
        /// It failed, and is tried again later.
        Failed = "failed",
        /// It failed, and is not tried again.
        GivenUp = "given_up",
        /// It took so long that another process has the delivery.
        Lost = "lost",
    }
}

label! {
    /// What became of a span that was recorded.
    SpanEnd {
        /// The collector has it.
        Exported = "exported",
        /// The collector did not take it, or did not answer.
        Failed = "failed",
        /// Too many others waited to be sent.
        Dropped = "dropped",
    }
}

label! {
    /// Why a SCIM request got no turn.
    TurnRefused {
        /// Too many of its connection wait.
        LineFull = "line_full",
        /// It waited in vain.
        Waited = "waited",
    }
}

label! {
    /// The pages that people open.
    Area {
        /// The operator console.
        Console = "console",
        /// The setup portal.
        Portal = "portal",
    }
}

label! {
    /// Whether a user may sign in, as its identity provider has it.
    UserState {
        /// `active` is true.
        Active = "active",
        /// Deactivated, and kept.
        Inactive = "inactive",
    }
}

label! {
    /// Who paused a webhook endpoint.
    PausedBecause {
        /// A person paused it.
        Manual = "manual",
        /// Everything failed for too long.
        Failing = "failing",
        /// It answered 410.
        Gone = "gone",
    }
}

label! {
    /// What a statement asks of the database.
    QueryKind {
        /// It begins with `select`.
        Read = "read",
        /// Any other.
        Write = "write",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_label_value_is_used_once() {
        fn check<T: Copy>(values: &[T], label: fn(T) -> &'static str) {
            let words: HashSet<_> = values.iter().map(|value| label(*value)).collect();
            assert_eq!(words.len(), values.len(), "{words:?}");
        }
        check(Operation::ALL, Operation::label);
        check(Outcome::ALL, Outcome::label);
        check(AuthenticationFailure::ALL, AuthenticationFailure::label);
        check(ConnectionState::ALL, ConnectionState::label);
        check(Budget::ALL, Budget::label);
        check(StaleNotice::ALL, StaleNotice::label);
        check(TurnRefused::ALL, TurnRefused::label);
        check(Area::ALL, Area::label);
        check(UserState::ALL, UserState::label);
        check(PausedBecause::ALL, PausedBecause::label);
        check(QueryKind::ALL, QueryKind::label);
        check(Attention::ALL, Attention::label);
        check(SpanEnd::ALL, SpanEnd::label);
        check(TokenEnd::ALL, TokenEnd::label);
        check(WebhookOutcome::ALL, WebhookOutcome::label);
    }

    #[test]
    fn each_status_has_the_outcome_that_tells_who_must_act() {
        let outcomes: Vec<String> = [
            101, 200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 500, 501,
            502, 503, 504,
        ]
        .map(|status| format!("{status} {}", Outcome::from_status(status).label()))
        .into();
        insta::assert_snapshot!(outcomes.join("\n"), @"
        101 ok
        200 ok
        201 ok
        204 ok
        304 ok
        400 invalid
        401 unauthorized
        403 forbidden
        404 not_found
        405 invalid
        409 conflict
        412 conflict
        413 limited
        415 invalid
        429 limited
        500 error
        501 unsupported
        502 error
        503 unavailable
        504 error
        ");
    }
}
