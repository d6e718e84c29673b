//! What each refusal means.

use rollcall_model::RequestReason;

use super::Text;
use crate::request_log::Place;

const fn text(
    title: &'static str,
    meaning: &'static str,
    advice: &'static str,
    place: Place,
) -> Text {
    Text {
        title,
        meaning,
        advice: Some(advice),
        place: Some(place),
    }
}

/// What is told of a reason.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one text for each reason")]
pub const fn of_reason(reason: RequestReason) -> Text {
    use RequestReason as R;
    match reason {
        R::TokenMissing => text(
            "No token was sent",
            "The request came without a bearer token, so nobody knows who sent it. That is usual \
             for a browser or a monitor that opens the URL, and wrong for an identity provider.",
            "If the identity provider sent it, paste the SCIM token there and choose bearer or \
             header authentication.",
            Place::Credentials,
        ),
        R::TokenUnreadable => text(
            "The token was not sent as a bearer token",
            "The `Authorization` header has to hold the word `Bearer`, a space and the token. This \
             one held something else, such as basic authentication or the word `Bearer` twice.",
            "Choose bearer or header authentication, and paste the token alone, without `Bearer` in \
             front of it.",
            Place::Credentials,
        ),
        R::TokenMalformed => text(
            "The token is cut off or mistyped",
            "What was sent cannot be a SCIM token of this service: letters are missing, or it is a \
             secret of something else.",
            "Copy the whole token once more, or make a new one, and paste it without spaces.",
            Place::Credentials,
        ),
        R::TokenUnknown => text(
            "The token does not exist",
            "It is well formed and nobody was given it here: it is of another installation, or of a \
             connection that was deleted.",
            "Make a new token for this connection and paste it.",
            Place::Credentials,
        ),
        R::TokenMismatch => text(
            "The token is of another connection",
            "The URL names this connection, and the token belongs to another one. Nothing was \
             shown or changed.",
            "Paste URL and token of the same connection; if both were copied by hand, make a new \
             token here.",
            Place::Credentials,
        ),
        R::TokenExpired => text(
            "The token has expired",
            "It was valid until its last day, which is over; nothing is synchronized until there is \
             a new one.",
            "Make a new token and paste it. What was missed is sent again with the next cycle.",
            Place::Credentials,
        ),
        R::TokenRevoked => text(
            "The token was revoked",
            "Somebody revoked it, or its overlap with a newer one is over, and the identity \
             provider still sends it.",
            "Paste the newer token, or make one.",
            Place::Credentials,
        ),
        R::ClientRefused => text(
            "The OAuth client was refused",
            "The identity provider asked for an access token with a client id and secret that are \
             not, or no longer, good. The detail says which.",
            "Paste client id and secret once more, or make a new client for this connection.",
            Place::Credentials,
        ),
        R::ConnectionDisabled => text(
            "The connection is switched off",
            "The token is right, and the connection takes no requests because it was disabled here.",
            "Enable the connection when it is to go on.",
            Place::Vendor,
        ),
        R::SourceAddress => text(
            "The request came from another network",
            "The token is right, and the connection takes requests from certain networks only. The \
             address is in the detail.",
            "If it is an address of the identity provider, add it to `allowed_source_addresses` of \
             the connection; if it is not, revoke the token.",
            Place::Vendor,
        ),
        R::ScopeMissing => text(
            "The token may not do that",
            "The token was made with scopes that do not include this kind of request.",
            "Make a token with the scope that the detail names, or leave the feature out of \
             provisioning.",
            Place::Credentials,
        ),
        R::PolicyRefused => text(
            "The policy of the organization refuses it",
            "A rule that was set for the organization (its domains, its seats, how many may be \
             removed at once) stands against this change. Nothing was changed.",
            "Read the detail: either the change is not meant, or the policy has to be changed.",
            Place::Vendor,
        ),
        R::NoSuchResource => text(
            "The user or group is not there",
            "The identity provider holds an id that does not exist in this connection: it was \
             deleted, or is from before the connection was set up anew.",
            "Let the identity provider look for it again by its name; its link to the old id has to \
             go.",
            Place::Again,
        ),
        R::NoSuchEndpoint => text(
            "There is nothing at this path",
            "The path behind the base URL is not one of SCIM. Mostly the base URL ends with a part \
             too much, such as `/Users`, or lacks one.",
            "Paste the endpoint URL as it is shown here.",
            Place::Credentials,
        ),
        R::Taken => text(
            "Somebody has that name already",
            "Another user or group of this connection has the unique value that the detail names. \
             The identity provider did not find it when it looked, or did not look by that value.",
            "Match people by `userName`, and see whether two people were given the same one.",
            Place::Matching,
        ),
        R::InactiveUser => text(
            "That user is there and inactive",
            "The user was deactivated earlier, and the identity provider tries to make it once more \
             where it should have been found and activated.",
            "Match people by `userName`. If your provider cannot, the connection's setting \
             `inactive_users` = `reactivate` brings the user back.",
            Place::Matching,
        ),
        R::StaleVersion => text(
            "The resource was changed meanwhile",
            "The request was meant for a version of the resource that is no longer the current one.",
            "Nothing, mostly: the identity provider reads it again and repeats the change.",
            Place::Again,
        ),
        R::VersionRequired => text(
            "The change does not say for which version it is",
            "The connection was set to take changes only with `If-Match`, which hardly any identity \
             provider sends.",
            "Switch `require_if_match` of the connection off.",
            Place::Vendor,
        ),
        R::InvalidSyntax => text(
            "The body cannot be understood",
            "It is not JSON, or not the kind of message that belongs there.",
            "If a template or an expression builds the body, look for an unset value or a quote in \
             it.",
            Place::Mapping,
        ),
        R::InvalidValue => text(
            "A value is missing or of the wrong kind",
            "The detail names the attribute. Mostly a required value is empty for this person, or \
             an expression gives text where a number, a date or a list is wanted.",
            "Fill the attribute in for this person, or correct its mapping.",
            Place::Mapping,
        ),
        R::InvalidFilter => text(
            "The filter cannot be understood",
            "The identity provider asked for resources by an attribute or in a form that is not \
             known here.",
            "Match by `userName` (users) and `displayName` (groups).",
            Place::Matching,
        ),
        R::InvalidPath => text(
            "The path of the change cannot be understood",
            "A change named its attribute in a form that is not a SCIM path.",
            "See how the attribute is named in the mapping; a custom attribute wants the full URN of \
             its schema.",
            Place::Mapping,
        ),
        R::NoTarget => text(
            "The change selects nothing",
            "The change is for an element, such as an e-mail of a type, that this resource does not \
             have.",
            "Send the element itself first, or leave the attribute out of the mapping.",
            Place::Mapping,
        ),
        R::Mutability => text(
            "The attribute cannot be changed",
            "It is read-only, or was set once for all.",
            "Leave the attribute out of the mapping, or map it at creation only.",
            Place::Mapping,
        ),
        R::Sensitive => text(
            "Data in the URL that must not stand there",
            "The filter names an attribute that the connection wants in no URL, where it would end \
             up in logs.",
            "Match by another attribute, or take it off the connection's `sensitive_attributes`.",
            Place::Matching,
        ),
        R::InvalidCursor => text(
            "The place in the list is no longer good",
            "The list was read by cursor, and the cursor is too old or of another query.",
            "Nothing, mostly: the import begins again by itself.",
            Place::Again,
        ),
        R::InvalidPage => text(
            "The page cannot be served",
            "`count` or `startIndex` is no number, or the query matches more than one answer can \
             hold.",
            "Use a smaller page, or a narrower filter.",
            Place::Pace,
        ),
        R::InvalidVersion => text(
            "Another version of SCIM",
            "SCIM 2.0 is served, and the request was for another version.",
            "Choose SCIM 2.0 in the identity provider and paste the endpoint URL as it is shown \
             here.",
            Place::Credentials,
        ),
        R::UnknownReference => text(
            "It refers to somebody who is not there",
            "A member, a manager or a role that the request names does not exist in this \
             connection, and the connection is set to refuse that.",
            "Assign the person to the application too, or set `unknown_references` to `park`, so \
             that it is attached when it arrives.",
            Place::Groups,
        ),
        R::GroupCycle => text(
            "A group would be a member of itself",
            "Following the members of the group leads back to it.",
            "Take one of the groups out of the other, or push only one of them.",
            Place::Groups,
        ),
        R::MediaType => text(
            "The body is of another type than JSON",
            "The `Content-Type` or `Accept` header names neither `application/scim+json` nor \
             `application/json`.",
            "If headers can be set by hand, set `Content-Type` to `application/scim+json`.",
            Place::Dialect,
        ),
        R::CutOff => text(
            "The request broke off",
            "The connection ended before all of the body was there: a proxy or a time limit on the \
             way.",
            "Nothing, if it happened once: it is sent again. If it repeats, look at proxies between \
             the two.",
            Place::Again,
        ),
        R::TooSlow => text(
            "The body took too long",
            "The body did not arrive in the time that a request has.",
            "Send less in one request, or look at the network and proxies between the two.",
            Place::Pace,
        ),
        R::TooLarge => text(
            "The body is too large",
            "It is longer than one request may be; the limit is in the detail.",
            "Send less in one request, for instance fewer members at once, and no photos.",
            Place::Pace,
        ),
        R::TooMany => text(
            "Too much in one request",
            "A list in the body, of operations or members, is longer than it may be; the limit is in \
             the detail.",
            "Send fewer at once.",
            Place::Pace,
        ),
        R::OverBudget => text(
            "Too many requests",
            "The connection sent more in a second than it may. It was told when to come again.",
            "Nothing, in a first import: it is sent again. If it goes on, ask the vendor for a \
             higher limit.",
            Place::Pace,
        ),
        R::TooManyAtOnce => text(
            "Too many requests at the same time",
            "More requests of this connection were under way than are worked on and may wait.",
            "Send fewer at the same time; what was refused is sent again.",
            Place::Pace,
        ),
        R::Guessing => text(
            "Too many wrong tokens from one address",
            "The address sent many requests with tokens that do not exist, and has to wait a moment.",
            "Stop the provisioning until the right token is pasted, then start it again.",
            Place::Credentials,
        ),
        R::MethodUnknown => text(
            "The endpoint does not know the method",
            "For instance a POST to one user, or a DELETE of all. The detail says which methods \
             there are.",
            "See whether the base URL is right, and whether the provider speaks SCIM 2.0.",
            Place::Dialect,
        ),
        R::SwitchedOff => text(
            "A feature that is switched off",
            "The connection was set not to serve this part of SCIM, such as PATCH, Bulk or filters.",
            "Switch it on in the connection's `features`, or choose the other way in the identity \
             provider, such as PUT in the place of PATCH.",
            Place::Vendor,
        ),
        R::OperationsFailed => text(
            "Some operations of the bulk request failed",
            "The request was answered, and each operation has its own answer in the body; the first \
             failure is in the detail.",
            "Do what the detail of the failed operation asks for; the others were done.",
            Place::Mapping,
        ),
        R::Unavailable => text(
            "The service was not available for a moment",
            "The database or another part was away or had too much to do. Nothing was changed, and \
             the identity provider was asked to come again.",
            "Nothing: it is sent again. If it lasts, the operator of the service has to look.",
            Place::Again,
        ),
        R::Internal => text(
            "A fault of this service",
            "Something failed that is not the identity provider's. Nothing was changed.",
            "Give the id of the request to the operator of the service, who finds it in the log.",
            Place::Vendor,
        ),
        R::Http => text(
            "Not a request that can be served",
            "The web server refused it for its form, such as a URL that is too long.",
            "Look at proxies between the two, and at the base URL.",
            Place::Credentials,
        ),
    }
}
