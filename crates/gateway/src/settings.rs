//! What the gateway has to be told.

use std::time::Duration;

use rollcall_model::RatePerSecond;
use rollcall_orgs::management_callers::ManagementOidc;
use rollcall_orgs::portal::ReturnOrigins;
use rollcall_scim::json;
use url::Url;

use crate::admission::AdmissionLimits;
use crate::proxies::Proxies;
use crate::request_log::RequestLogSettings;

/// Settings of one server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What endpoint URLs begin with, without a slash at the end. A path in it is served too, for
    /// a proxy that does not take it away.
    pub public_url: String,
    /// Below which domain organizations have hosts of their own.
    pub base_domain: Option<String>,
    /// Who is believed about the address and the host of a request.
    pub proxies: Proxies,
    /// Further paths that the SCIM endpoint answers at, where the token names the tenant.
    pub extra_scim_paths: Vec<String>,
    /// How much one request may ask for.
    pub limits: Limits,
    /// How much a SCIM connection may ask for that chose nothing else.
    pub rate_limits: RateSettings,
    /// The access tokens that OAuth clients are given.
    pub oauth: OauthSettings,
    /// How many requests work and wait.
    pub admission: AdmissionLimits,
    /// What the request log keeps.
    pub request_log: RequestLogSettings,
    /// Whose tokens the management API takes beside API keys.
    pub management_oidc: Option<ManagementOidc>,
    /// Where the setup portal may lead back to.
    pub portal_return_origins: ReturnOrigins,
}

/// How much a SCIM connection may ask for. A rate of 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateSettings {
    /// Reads that are given back each second.
    pub reads_per_second: RatePerSecond,
    /// Writes that are given back each second; an operation of a bulk request is one.
    pub writes_per_second: RatePerSecond,
    /// For how many seconds a connection can save up what it does not use.
    pub burst_seconds: u32,
}

impl RateSettings {
    /// No limits.
    pub const OFF: Self = Self {
        reads_per_second: RatePerSecond::NO_LIMIT,
        writes_per_second: RatePerSecond::NO_LIMIT,
        burst_seconds: 1,
    };
}

/// The access tokens that OAuth clients of SCIM connections are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OauthSettings {
    /// How long one lives, in whole seconds.
    pub access_token_lifetime: Duration,
    /// How old a signing key is when the next one is made.
    pub signing_key_age: Duration,
}

impl Default for OauthSettings {
    fn default() -> Self {
        Self {
            access_token_lifetime: Duration::from_hours(1),
            signing_key_age: Duration::from_hours(24 * 90),
        }
    }
}

/// How much one request may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body, in bytes. More is 413.
    pub max_body_bytes: usize,
    /// How many arrays and objects may stand in each other in a body. More is 400.
    pub max_nesting: usize,
    /// The longest text in a body, in bytes. More is 400.
    pub max_string_bytes: usize,
    /// The most attributes that one resource may have, sub-attributes and those of every value
    /// counted. More is 400.
    pub max_attributes: usize,
    /// The most resources one SCIM list holds. More is cut.
    pub max_results: u64,
    /// How many resources a SCIM list holds if the client does not say.
    pub default_results: u64,
    /// The most resources that a query of the base address may match. More is 400 `tooMany`.
    pub max_root_query_matches: u64,
    /// For how long a cursor of a SCIM list can be used. Later it is refused.
    pub cursor_timeout: Duration,
    /// The most operations in one PATCH. More is 413.
    pub max_patch_operations: usize,
    /// The most operations in one bulk request. More is 413.
    pub max_bulk_operations: usize,
    /// The largest body of a bulk request, in bytes. More is 413.
    pub max_bulk_payload_bytes: usize,
    /// The most members that one request may name, over all its operations. More is 413.
    pub max_members_per_request: usize,
    /// The most items one page of a management list holds.
    pub max_page: u64,
    /// How many requests and streams of one process wait for events. More are 503.
    pub max_followers: usize,
    /// How long a stream of events lasts. Its client comes again.
    pub stream_lasts: Duration,
    /// How long a stream of events is silent; also how often its caller is looked up again.
    pub stream_silence: Duration,
    /// How many texts that are nobody's token one address may send within a minute. More are 429.
    pub max_bad_tokens_per_minute: u32,
    /// How many connections clients may have open. More wait until one of them is closed.
    pub max_connections: usize,
    /// For how long a connection stays open without a request.
    pub keep_alive: Duration,
    /// How long a client may take to send a request's head. Later it is 408.
    pub request_head_timeout: Duration,
    /// How long a client may take to send a request's body. It was let in before its body was
    /// read, so this also bounds how long a revoked token's last request can take.
    pub request_body_timeout: Duration,
    /// How long a client may take to receive an answer that is written while it is read from the
    /// database. Later its connection is broken off.
    pub long_answer_timeout: Duration,
    /// The same of a snapshot of an organization.
    pub snapshot_timeout: Duration,
    /// The largest roster that can be compared, in bytes. More is 413.
    pub max_roster_bytes: usize,
    /// From how many bytes on an answer is compressed for clients that take it so; 0 compresses
    /// none.
    pub compress_from_bytes: usize,
    /// How long requests under way may go on when the server stops.
    pub shutdown_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 1024 * 1024,
            max_nesting: json::MAX_DEPTH,
            max_string_bytes: 64 * 1024,
            max_attributes: 5_000,
            max_results: 1_000,
            default_results: 100,
            max_root_query_matches: 100_000,
            cursor_timeout: Duration::from_secs(3_600),
            max_patch_operations: 1_000,
            max_bulk_operations: 1_000,
            max_bulk_payload_bytes: 1024 * 1024,
            max_members_per_request: 10_000,
            max_page: 500,
            max_followers: 1_000,
            stream_lasts: Duration::from_mins(10),
            stream_silence: Duration::from_secs(15),
            max_bad_tokens_per_minute: 20,
            max_connections: 10_000,
            keep_alive: Duration::from_secs(75),
            request_head_timeout: Duration::from_secs(15),
            request_body_timeout: Duration::from_secs(30),
            long_answer_timeout: Duration::from_secs(60),
            snapshot_timeout: Duration::from_hours(1),
            max_roster_bytes: 64 * 1024 * 1024,
            compress_from_bytes: 16 * 1024,
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// The host and scheme part of `public_url`, for the URLs of organizations' own hosts.
    pub(crate) fn host_url(&self, slug: &str) -> Option<String> {
        let domain = self.base_domain.as_ref()?;
        let public = Url::parse(&self.public_url).ok()?;
        let port = public
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        Some(format!(
            "{}://{slug}.{domain}{port}/scim/v2",
            public.scheme()
        ))
    }
}
