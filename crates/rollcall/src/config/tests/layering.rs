//! Which layer wins, what is unknown, and where secrets come from.

use super::*;

#[test]
fn without_file_and_variables_there_are_the_defaults() {
    insta::assert_debug_snapshot!(with(&[]).unwrap(), @r##"
    Config {
        listen: 127.0.0.1:8080,
        public_url: None,
        base_domain: None,
        database_url: ***,
        redis_url: None,
        admin_key: None,
        secret_key: None,
        metrics_listen: None,
        behind_proxy: false,
        trusted_proxies: [],
        tls_certificate_file: None,
        tls_key_file: None,
        sqlite_synchronous: Full,
        auto_migrate: true,
        log: LogConfig {
            level: "info,sea_orm_migration=warn,actix_server=warn",
            format: Text,
        },
        metrics: MetricsConfig {
            connections: Off,
        },
        limits: LimitsConfig {
            max_body_bytes: 1048576,
            max_nesting: 64,
            max_string_bytes: 65536,
            max_attributes: 5000,
            max_results: 1000,
            default_results: 100,
            max_root_query_matches: 100000,
            cursor_timeout: 3600s,
            max_patch_operations: 1000,
            max_bulk_operations: 1000,
            max_bulk_payload_bytes: 1048576,
            max_group_members_per_request: 10000,
            max_page: 500,
            max_bad_tokens_per_minute: 20,
            max_connections: 10000,
            backlog: 1024,
            keep_alive: 75s,
            request_head_timeout: 15s,
            request_body_timeout: 30s,
            long_answer_timeout: 60s,
            snapshot_timeout: 3600s,
            max_roster_bytes: 67108864,
            compress_from_bytes: 16384,
            shutdown_timeout: 30s,
        },
        rate_limits: RateLimitsConfig {
            reads_per_second: RatePerSecond(
                200,
            ),
            writes_per_second: RatePerSecond(
                100,
            ),
            burst_seconds: 10,
        },
        concurrency: ConcurrencyConfig {
            requests_per_connection: 8,
            waiting_per_connection: 100,
            wait: 10s,
        },
        redis: RedisConfig {
            key_prefix: "rollcall:",
            connect_timeout: 1s,
            response_timeout: 100ms,
        },
        database: DatabaseConfig {
            min_connections: 0,
            max_connections: 10,
            acquire_timeout: 5s,
            connect_timeout: 10s,
            idle_timeout: 600s,
            max_lifetime: 1800s,
            statement_timeout: 30s,
            lock_timeout: 10s,
            idle_in_transaction_timeout: 60s,
        },
        management_oidc: ManagementOidcConfig {
            issuer: None,
            audience: None,
            client_id: None,
            client_secret: None,
            scopes: [
                "openid",
                "email",
                "profile",
            ],
            display_name: None,
            role_claim: "roles",
            admin_values: [
                "rollcall_admin",
            ],
            read_only_values: [
                "rollcall_read_only",
            ],
            organization_claim: None,
        },
        oauth: OauthConfig {
            access_token_lifetime: 3600s,
            signing_key_age: 7776000s,
        },
        outbound: OutboundConfig {
            allowed_private_networks: AllowedNetworks(
                [],
            ),
        },
        events: EventsConfig {
            retention: Some(
                7776000s,
            ),
            max_followers: 1000,
            redis_stream: None,
            redis_stream_max_len: 100000,
        },
        webhooks: WebhooksConfig {
            concurrency: 64,
            pause_after: 259200s,
            keep_delivered: 604800s,
            keep_failed: 2592000s,
        },
        portal: PortalConfig {
            product_name: "Rollcall",
            logo_file: None,
            accent_color: "#1d4ed8",
            return_origins: ReturnOrigins(
                [],
            ),
        },
        scim: ScimConfig {
            extra_paths: [],
            tombstone_retention: 2592000s,
        },
        request_log: RequestLogConfig {
            enabled: true,
            content: Failures,
            masked_attributes: [],
            retention: 604800s,
            max_bytes: 67108864,
            sample_above: 120,
            sample_every: 10,
        },
        traces: TracesConfig {
            endpoint: None,
            protocol: HttpProtobuf,
            headers: None,
            sampling_ratio: 0.1,
            caller_sampling: Ratio,
            service_name: "rollcall",
            max_waiting_spans: 8192,
        },
    }
    "##);
}

#[test]
fn the_default_file_may_be_used_as_it_is() {
    let as_file = Folder::with(DEFAULT_FILE).load(&[]).unwrap();
    assert_eq!(format!("{as_file:?}"), format!("{:?}", with(&[]).unwrap()));
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let folder = Folder::with(
        "public_url = \"http://a.example\"\n[limits]\nmax_results = 7\ndefault_results = 7\n",
    );
    let config = folder
        .load(&[
            ("ROLLCALL_LIMITS__MAX_RESULTS", "9"),
            ("ROLLCALL_LOG__FORMAT", "json"),
        ])
        .unwrap();
    assert_eq!(config.public_url.as_deref(), Some("http://a.example"));
    assert_eq!(config.limits.max_results, 9);
    assert_eq!(config.limits.default_results, 7);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.limits.max_page, 500);
}

#[test]
fn variables_give_numbers_booleans_and_lists() {
    let config = with(&[
        ("ROLLCALL_BEHIND_PROXY", "true"),
        ("ROLLCALL_LISTEN", "0.0.0.0:80"),
        ("ROLLCALL_BASE_DOMAIN", "SCIM.example.com"),
        ("ROLLCALL_SCIM__EXTRA_PATHS", "/a/scim, /b/"),
        ("ROLLCALL_LIMITS__REQUEST_HEAD_TIMEOUT_SECONDS", "5"),
        ("ROLLCALL_SQLITE_SYNCHRONOUS", "normal"),
    ])
    .unwrap();
    assert!(config.behind_proxy);
    assert_eq!(config.base_domain.as_deref(), Some("scim.example.com"));
    assert_eq!(config.scim.extra_paths, ["/a/scim", "/b"]);
    assert_eq!(config.limits.request_head_timeout.as_secs(), 5);
    assert_eq!(config.sqlite_synchronous, SqliteSynchronous::Normal);
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let config = with(&[("ROLLCALL_BASE_DOMAIN", ""), ("ROLLCALL_LISTEN", "")]).unwrap();
    assert_eq!(config.base_domain, None);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
}

#[test]
fn unknown_keys_are_all_named() {
    let folder = Folder::with("lisen = \"x\"\n[limits]\nmax_result = 1\n[metric]\n");
    insta::assert_snapshot!(folder.refusal(&[("ROLLCALL_PORT", "80")]), @"unknown: the key `limits.max_result` in rollcall.toml, the key `lisen` in rollcall.toml, the section `[metric]` in rollcall.toml, the variable ROLLCALL_PORT; `rollcall config default` prints every key");
}

#[test]
fn variables_of_others_are_passed_over() {
    let others = [
        ("PATH", "/bin"),
        ("ROLLCALL_CONFIG", "other.toml"),
        ("ROLLCALL_TEST_DATABASE_URL", "postgres://localhost"),
        ("ROLLCALL_SIMULATE_TOKEN", "rc_x"),
        ("ROLLCALL_API_KEY", "rck_x"),
        ("ROLLCALL_SERVICE_HOST", "10.0.0.1"),
        ("ROLLCALL_SERVICE_PORT_HTTP", "80"),
        ("ROLLCALL_PORT", "tcp://10.0.0.1:80"),
        ("ROLLCALL_METRICS_PORT_9090_TCP_ADDR", "10.0.0.2"),
    ];
    assert!(with(&others).is_ok());
}

#[test]
fn a_file_that_is_not_toml_is_refused_without_its_text() {
    let folder = Folder::with("admin_key = \"rck_very-secret\nlisten = 1\n");
    insta::assert_snapshot!(folder.refusal(&[]), @r#"rollcall.toml is not valid TOML: TOML parse error at line 1, column 29: invalid basic string, expected `"`"#);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let missing = Path::new("nowhere/rollcall.toml");
    let error = Config::load(Some(missing), variables(&[])).unwrap_err();
    insta::assert_snapshot!(error, @"cannot read the configuration file nowhere/rollcall.toml");
}

#[test]
fn a_secret_can_be_read_from_a_file() {
    let folder = Folder::with("");
    let path = folder.write("key", "rck_from-a-file-and-long-enough-to-be-one\n");
    let from_environment = folder.load(&[("ROLLCALL_ADMIN_KEY_FILE", &path)]).unwrap();
    assert_eq!(
        from_environment.admin_key.unwrap().expose(),
        "rck_from-a-file-and-long-enough-to-be-one"
    );

    folder.write("rollcall.toml", &format!("admin_key_file = {path:?}\n"));
    let from_toml = folder.load(&[]).unwrap();
    assert_eq!(
        from_toml.admin_key.unwrap().expose(),
        "rck_from-a-file-and-long-enough-to-be-one"
    );

    let overridden = folder
        .load(&[("ROLLCALL_ADMIN_KEY", "rck_other-and-long-enough-to-be-one")])
        .unwrap();
    assert_eq!(
        overridden.admin_key.unwrap().expose(),
        "rck_other-and-long-enough-to-be-one"
    );
}

#[test]
fn every_secret_has_a_file_form() {
    let folder = Folder::with("");
    let path = |name: &str, text: &str| folder.write(name, text);
    let config = with(&[
        (
            "ROLLCALL_DATABASE_URL_FILE",
            &path("database", "postgres://db/x\n"),
        ),
        ("ROLLCALL_REDIS_URL_FILE", &path("redis", "redis://cache\n")),
        (
            "ROLLCALL_ADMIN_KEY_FILE",
            &path("admin", "rck_x-and-long-enough-to-be-one\r\n"),
        ),
        ("ROLLCALL_SECRET_KEY_FILE", &path("secret", KEY)),
    ])
    .unwrap();
    assert_eq!(config.database_url.expose(), "postgres://db/x");
    assert_eq!(config.redis_url.unwrap().expose(), "redis://cache");
    assert_eq!(
        config.admin_key.unwrap().expose(),
        "rck_x-and-long-enough-to-be-one"
    );
    assert_eq!(config.secret_key.unwrap().expose(), KEY);
}

#[test]
fn a_secret_given_twice_or_in_a_missing_file_is_refused() {
    let both = [
        ("ROLLCALL_ADMIN_KEY", "rck_x-and-long-enough-to-be-one"),
        ("ROLLCALL_ADMIN_KEY_FILE", "/run/secrets/admin_key"),
    ];
    insta::assert_snapshot!(refusal(&both), @"`admin_key` and `admin_key_file` are both given in the environment; keep one of them");
    let folder = Folder::with("redis_url_file = [\"a\", \"b\"]\n");
    insta::assert_snapshot!(folder.refusal(&[]), @"`redis_url_file` in rollcall.toml: expected the path of a file");
    let path = folder.write("key", "two words");
    folder.write("rollcall.toml", "");
    insta::assert_snapshot!(folder.refusal(&[("ROLLCALL_ADMIN_KEY_FILE", &path)]), @"`admin_key` in key: expected at least 24 printable ASCII characters without spaces");
    let missing = [("ROLLCALL_ADMIN_KEY_FILE", "nowhere/admin_key")];
    insta::assert_snapshot!(refusal(&missing), @"cannot read nowhere/admin_key, named by `admin_key_file` in ROLLCALL_ADMIN_KEY_FILE");
}

#[test]
fn secrets_are_not_printed() {
    let config = with(&[
        ("ROLLCALL_DATABASE_URL", "postgres://me:pass-word@db/x"),
        ("ROLLCALL_REDIS_URL", "redis://:pass-word@cache"),
        ("ROLLCALL_ADMIN_KEY", "a-long-enough-pass-word-to-be-one"),
        ("ROLLCALL_SECRET_KEY", KEY),
    ])
    .unwrap();
    let printed = format!("{config:?} {}", config.database_url);
    assert!(
        !printed.contains("pass-word") && !printed.contains(KEY),
        "{printed}"
    );
    assert!(printed.contains("admin_key: Some(***)"), "{printed}");
}
