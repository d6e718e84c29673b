//! What values may be, alone and together.

use super::*;

#[test]
fn a_wrong_value_is_named_with_its_place_and_what_is_expected() {
    let folder = Folder::with("listen = \"localhost:8080\"\n");
    insta::assert_snapshot!(folder.refusal(&[]), @"`listen` in rollcall.toml: expected an IP address and a port, such as 127.0.0.1:8080 or [::]:8080 (a host name is not enough)");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_LIMITS__MAX_RESULTS", "many")]), @r#"`limits.max_results` in ROLLCALL_LIMITS__MAX_RESULTS: expected an integer, found string "many""#);
    insta::assert_snapshot!(refusal(&[("ROLLCALL_LIMITS__MAX_RESULTS", "0")]), @"`limits.max_results` in ROLLCALL_LIMITS__MAX_RESULTS: expected at least 1");
    for wrong in ["0", "121"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(refusal(&[("ROLLCALL_LIMITS__MAX_NESTING", wrong)]), @"`limits.max_nesting` in ROLLCALL_LIMITS__MAX_NESTING: expected 1 to 120");
        }
    }
    insta::assert_snapshot!(refusal(&[("ROLLCALL_LOG__FORMAT", "xml")]), @"`log.format` in ROLLCALL_LOG__FORMAT: expected `text` or `json`");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_LOG__LEVEL", "info,a=loud")]), @r#"`log.level` in ROLLCALL_LOG__LEVEL: expected a level such as `info`, or filters such as `info,rollcall_store=debug`: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5"#);
    insta::assert_snapshot!(refusal(&[("ROLLCALL_PUBLIC_URL", "provisioning.example.com")]), @"`public_url` in ROLLCALL_PUBLIC_URL: expected `https://` or `http://`, a host and perhaps a port and a path, with nothing after it, such as https://provisioning.example.com");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_BASE_DOMAIN", "*.example.com")]), @"`base_domain` in ROLLCALL_BASE_DOMAIN: expected a host name alone, such as scim.example.com, without `https://`, port or `*`");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_DATABASE_URL", "mysql://root:pw@db/x")]), @"`database_url` in ROLLCALL_DATABASE_URL: expected a URL that begins with `sqlite:` or `postgres:`");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_REDIS_URL", "localhost:6379")]), @"`redis_url` in ROLLCALL_REDIS_URL: expected a URL that begins with `redis://` or `rediss://`");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_REDIS__KEY_PREFIX", "a*")]), @"`redis.key_prefix` in ROLLCALL_REDIS__KEY_PREFIX: expected 1 to 64 letters, digits and `:._-`, such as rollcall:");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_RATE_LIMITS__BURST_SECONDS", "0")]), @"`rate_limits.burst_seconds` in ROLLCALL_RATE_LIMITS__BURST_SECONDS: expected 1 to 3600");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_RATE_LIMITS__READS_PER_SECOND", "100001")]), @"`rate_limits.reads_per_second` in ROLLCALL_RATE_LIMITS__READS_PER_SECOND: a limit is at most 100000 per second; 0 is no limit");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_SECRET_KEY", "c2hvcnQ=")]), @"`secret_key` in ROLLCALL_SECRET_KEY: expected 32 bytes in base64, as from `openssl rand -base64 32`");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_ADMIN_KEY", "two words")]), @"`admin_key` in ROLLCALL_ADMIN_KEY: expected at least 24 printable ASCII characters without spaces");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_SCIM__EXTRA_PATHS", "/ok,/{id}")]), @"`scim.extra_paths` in ROLLCALL_SCIM__EXTRA_PATHS: `/{id}` is not a path such as `/api/scim`, of letters, digits and `/-._~`");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_LIMITS__MAX_RESULTS", "10")]), @"`limits.default_results` is 100, more than `limits.max_results`, which is 10");
}

#[test]
fn the_public_url_is_scheme_host_port_and_path() {
    for good in [
        "https://a.example",
        "https://a.example/",
        "http://[::1]:8080",
        "https://a.example/b/c/",
    ] {
        let config = with(&[("ROLLCALL_PUBLIC_URL", good)]).unwrap();
        let origin = good.trim_end_matches('/');
        assert_eq!(config.public_url.as_deref(), Some(origin));
    }
    for bad in [
        "ftp://a.example",
        "https://a.example/{x}",
        "https://a.example/x?y",
        "https://a.example?x",
        "https://a.example#x",
        "https://me@a.example",
        "https://me:secret@a.example/x",
        "https://",
    ] {
        assert!(with(&[("ROLLCALL_PUBLIC_URL", bad)]).is_err(), "{bad}");
    }
}

#[test]
fn a_base_domain_is_a_name_alone() {
    for bad in [
        "https://a.example",
        "a.example:80",
        ".a.example",
        "a..example",
        "a_b.example",
        "10.0.0.1",
        "-a.example",
    ] {
        assert!(with(&[("ROLLCALL_BASE_DOMAIN", bad)]).is_err(), "{bad}");
    }
}

#[test]
fn plain_http_is_for_loopback_and_proxies() {
    let open = ("ROLLCALL_LISTEN", "0.0.0.0:8080");
    insta::assert_snapshot!(refusal(&[open]), @"`listen` is 0.0.0.0:8080, which others can reach, and there is no TLS. Either listen on a loopback address such as 127.0.0.1:8080, or set `behind_proxy = true` (ROLLCALL_BEHIND_PROXY=true) if a proxy in front terminates TLS, or give a certificate with `tls_certificate_file` and `tls_key_file`");
    assert!(with(&[("ROLLCALL_LISTEN", "[::1]:8080")]).is_ok());
    assert!(with(&[open, ("ROLLCALL_BEHIND_PROXY", "true")]).is_ok());
    let certificate = ("ROLLCALL_TLS_CERTIFICATE_FILE", "tls.crt");
    let config = with(&[open, certificate, ("ROLLCALL_TLS_KEY_FILE", "tls.key")]).unwrap();
    assert_eq!(
        config.tls_files(),
        Some((Path::new("tls.crt"), Path::new("tls.key")))
    );
    insta::assert_snapshot!(refusal(&[open, certificate]), @"`tls_certificate_file` is set and `tls_key_file` is not; HTTPS needs both");
}

#[test]
fn a_proxy_is_believed_by_its_address_or_if_nobody_says_which_by_being_there() {
    let behind = ("ROLLCALL_BEHIND_PROXY", "true");
    let listed = ("ROLLCALL_TRUSTED_PROXIES", "private, 192.0.2.0/24");
    assert!(matches!(with(&[]).unwrap().proxies(), Proxies::None));
    assert!(matches!(
        with(&[behind]).unwrap().proxies(),
        Proxies::Anybody
    ));
    let config = with(&[behind, listed]).unwrap();
    assert!(matches!(config.proxies(), Proxies::Listed(_)));
    insta::assert_snapshot!(refusal(&[listed]), @"`trusted_proxies` is set and `behind_proxy` is not: set `behind_proxy = true` (ROLLCALL_BEHIND_PROXY=true), or leave `trusted_proxies` out if clients reach this server themselves");
    insta::assert_snapshot!(refusal(&[behind, ("ROLLCALL_TRUSTED_PROXIES", "proxy.internal")]), @"`trusted_proxies` in ROLLCALL_TRUSTED_PROXIES: `proxy.internal` is not an address such as `10.0.0.7`, nor a network such as `10.0.0.0/24`, nor `loopback` for this machine, nor `private` for it and everything that is not routed on the internet");
}

#[test]
fn postgresql_needs_a_secret_key_from_outside() {
    let url = ("ROLLCALL_DATABASE_URL", "postgresql://db/rollcall");
    insta::assert_snapshot!(refusal(&[url]), @"`secret_key` (ROLLCALL_SECRET_KEY) is not set, and PostgreSQL needs one that every replica has; `openssl rand -base64 32` makes one. Keep it: without it, stored OIDC client secrets cannot be read again");
    let config = with(&[url, ("ROLLCALL_SECRET_KEY", KEY)]).unwrap();
    assert_eq!(config.database_kind(), DatabaseKind::Postgres);
    assert_eq!(with(&[]).unwrap().database_kind(), DatabaseKind::Sqlite);
}

#[test]
fn a_pool_is_no_larger_when_nobody_uses_it_than_it_may_become() {
    let min = ("ROLLCALL_DATABASE__MIN_CONNECTIONS", "11");
    insta::assert_snapshot!(refusal(&[min]), @"`database.min_connections` is 11, more than `database.max_connections`, which is 10");
    assert!(with(&[min, ("ROLLCALL_DATABASE__MAX_CONNECTIONS", "11")]).is_ok());
}

#[test]
fn tokens_of_an_issuer_are_taken_only_with_their_audience() {
    let issuer = (
        "ROLLCALL_MANAGEMENT_OIDC__ISSUER",
        "https://login.example.com/",
    );
    let audience = ("ROLLCALL_MANAGEMENT_OIDC__AUDIENCE", "rollcall");
    let claim = ("ROLLCALL_MANAGEMENT_OIDC__ORGANIZATION_CLAIM", "org");
    insta::assert_snapshot!(refusal(&[issuer]), @"`management_oidc.issuer` is set, and nothing says what for: give `management_oidc.audience` for its tokens to be taken by the management API, or `management_oidc.client_id` for people to sign in to the console");
    insta::assert_snapshot!(refusal(&[audience]), @"`management_oidc.audience` is set and `management_oidc.issuer` is not; the one means nothing without the other");
    insta::assert_snapshot!(refusal(&[claim]), @"`management_oidc.organization_claim` is set and `management_oidc.issuer` is not; the one means nothing without the other");
    insta::assert_snapshot!(refusal(&[("ROLLCALL_MANAGEMENT_OIDC__ISSUER", "http://login.example.com")]), @"`management_oidc.issuer` in ROLLCALL_MANAGEMENT_OIDC__ISSUER: expected a URL that begins with `https://`, exactly as tokens have it in `iss`, such as https://login.example.com");
    assert_eq!(with(&[]).unwrap().management_oidc.management(), None);

    let values = ("ROLLCALL_MANAGEMENT_OIDC__ADMIN_VALUES", "ops, sre");
    let config = with(&[issuer, audience, claim, values]).unwrap();
    insta::assert_debug_snapshot!(config.management_oidc.management().unwrap(), @r#"
    ManagementOidc {
        vendor: VendorIssuer {
            issuer: "https://login.example.com/",
            role_claim: "roles",
            admin_values: [
                "ops",
                "sre",
            ],
            read_only_values: [
                "rollcall_read_only",
            ],
            organization_claim: Some(
                "org",
            ),
        },
        audience: "rollcall",
    }
    "#);
    assert!(config.management_oidc.console().is_none());
}

#[test]
fn people_sign_in_to_the_console_where_there_is_a_client() {
    let set = |name: &'static str, text: &'static str| (name, text);
    let issuer = set(
        "ROLLCALL_MANAGEMENT_OIDC__ISSUER",
        "https://login.example.com/",
    );
    let client = set("ROLLCALL_MANAGEMENT_OIDC__CLIENT_ID", "console");
    let secret = set("ROLLCALL_MANAGEMENT_OIDC__CLIENT_SECRET", "hidden");
    let scopes = set("ROLLCALL_MANAGEMENT_OIDC__SCOPES", "email");
    insta::assert_snapshot!(refusal(&[client]), @"`management_oidc.client_id` is set and `management_oidc.issuer` is not; the one means nothing without the other");
    insta::assert_snapshot!(refusal(&[issuer, secret]), @"`management_oidc.client_secret` is set and `management_oidc.client_id` is not; the one means nothing without the other");
    insta::assert_snapshot!(refusal(&[issuer, client, scopes]), @"`management_oidc.scopes` in ROLLCALL_MANAGEMENT_OIDC__SCOPES: expected scopes without spaces, `openid` among them");

    let config = with(&[issuer, client, secret]).unwrap();
    assert_eq!(config.management_oidc.management(), None);
    let console = config.management_oidc.console().unwrap();
    assert_eq!(console.display_name, "login.example.com");
    assert!(!format!("{console:?} {config:?}").contains("hidden"));
}
