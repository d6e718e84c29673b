//! Mistakes in the configuration are told where they are made.

use crate::rollcall::{Folder, stderr, stdout};

#[test]
fn an_unknown_variable_stops_every_command_that_reads_the_configuration() {
    let folder = Folder::new();
    for arguments in [&["serve"][..], &["migrate"], &["config", "check"]] {
        let output = folder
            .command(arguments)
            .env("ROLLCALL_LISTN", "127.0.0.1:0")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(stdout(&output), "");
        insta::allow_duplicates! {
            insta::assert_snapshot!(stderr(&output), @"rollcall: unknown: the variable ROLLCALL_LISTN; `rollcall config default` prints every key");
        }
    }
    assert_eq!(folder.files(), Vec::<String>::new());
}

#[test]
fn the_token_of_simulate_is_no_unknown_variable() {
    let folder = Folder::new();
    let mut command = folder.command(&["config", "check"]);
    let output = command.env("ROLLCALL_SIMULATE_TOKEN", "rc_x").output();
    insta::assert_snapshot!(stdout(&output.unwrap()), @"The configuration is valid.");
}

#[test]
fn what_is_shown_is_a_file_that_says_where_each_value_is_from() {
    let folder = Folder::new();
    folder.write(
        "rollcall.toml",
        "admin_key = \"rck_pass-word-that-is-long-enough\"\n[limits]\nmax_page = 7\n",
    );
    let output = folder
        .command(&["config", "show"])
        .env("ROLLCALL_SCIM__EXTRA_PATHS", "/a,/b")
        .env("ROLLCALL_LIMITS__MAX_RESULTS", "500")
        .output()
        .unwrap();
    insta::assert_snapshot!(stdout(&output), @r##"
    listen = "127.0.0.1:8080"
    #public_url
    #base_domain
    database_url = "sqlite://rollcall.db?mode=rwc"
    #redis_url
    admin_key = "***"                                # in rollcall.toml
    #secret_key
    #metrics_listen
    behind_proxy = false
    trusted_proxies = []
    #tls_certificate_file
    #tls_key_file
    sqlite_synchronous = "full"
    auto_migrate = true
    log.level = "info,sea_orm_migration=warn,actix_server=warn"
    log.format = "text"
    metrics.connections = "off"
    limits.max_body_bytes = 1048576
    limits.max_nesting = 64
    limits.max_string_bytes = 65536
    limits.max_attributes = 5000
    limits.max_results = 500                         # in ROLLCALL_LIMITS__MAX_RESULTS
    limits.default_results = 100
    limits.max_root_query_matches = 100000
    limits.cursor_timeout_seconds = 3600
    limits.max_patch_operations = 1000
    limits.max_bulk_operations = 1000
    limits.max_bulk_payload_bytes = 1048576
    limits.max_group_members_per_request = 10000
    limits.max_page = 7                              # in rollcall.toml
    limits.max_bad_tokens_per_minute = 20
    limits.max_connections = 10000
    limits.backlog = 1024
    limits.keep_alive_seconds = 75
    limits.request_head_timeout_seconds = 15
    limits.request_body_timeout_seconds = 30
    limits.long_answer_timeout_seconds = 60
    limits.snapshot_timeout_seconds = 3600
    limits.max_roster_bytes = 67108864
    limits.compress_from_bytes = 16384
    limits.shutdown_timeout_seconds = 30
    concurrency.requests_per_connection = 8
    concurrency.waiting_per_connection = 100
    concurrency.wait_seconds = 10
    rate_limits.reads_per_second = 200
    rate_limits.writes_per_second = 100
    rate_limits.burst_seconds = 10
    redis.key_prefix = "rollcall:"
    redis.connect_timeout_milliseconds = 1000
    redis.response_timeout_milliseconds = 100
    database.min_connections = 0
    database.max_connections = 10
    database.acquire_timeout_seconds = 5
    database.connect_timeout_seconds = 10
    database.idle_timeout_seconds = 600
    database.max_lifetime_seconds = 1800
    database.statement_timeout_seconds = 30
    database.lock_timeout_seconds = 10
    database.idle_in_transaction_timeout_seconds = 60
    #management_oidc.issuer
    #management_oidc.audience
    #management_oidc.client_id
    #management_oidc.client_secret
    management_oidc.scopes = ["openid", "email", "profile"]
    #management_oidc.display_name
    management_oidc.role_claim = "roles"
    management_oidc.admin_values = ["rollcall_admin"]
    management_oidc.read_only_values = ["rollcall_read_only"]
    #management_oidc.organization_claim
    outbound.allowed_private_networks = []
    oauth.access_token_lifetime_seconds = 3600
    oauth.signing_key_days = 90
    events.retention_days = 90
    events.max_followers = 1000
    #events.redis_stream
    events.redis_stream_max_len = 100000
    webhooks.concurrency = 64
    webhooks.pause_after_hours = 72
    webhooks.keep_delivered_days = 7
    webhooks.keep_failed_days = 30
    portal.product_name = "Rollcall"
    #portal.logo_file
    portal.accent_color = "#1d4ed8"
    portal.return_origins = []
    scim.extra_paths = ["/a", "/b"]                  # in ROLLCALL_SCIM__EXTRA_PATHS
    scim.tombstone_retention_days = 30
    request_log.enabled = true
    request_log.content = "failures"
    request_log.masked_attributes = []
    request_log.retention_days = 7
    request_log.max_mib_per_connection = 64
    request_log.sample_above = 120
    request_log.sample_every = 10
    #traces.endpoint
    traces.protocol = "http/protobuf"
    #traces.headers
    traces.sampling_ratio = 0.1
    traces.caller_sampling = "ratio"
    traces.service_name = "rollcall"
    traces.max_waiting_spans = 8192
    "##);
    folder.write(
        "again.toml",
        &stdout(&output).replace("\"***\"", "\"rck_other-key-that-is-long-enough\""),
    );
    let again = folder.run(&["config", "check", "--config", "again.toml"]);
    assert!(again.status.success(), "{}", stderr(&again));
}

#[test]
fn the_default_file_is_printed_as_it_is() {
    let output = Folder::new().run(&["config", "default"]);
    assert_eq!(stdout(&output), include_str!("../../config.default.toml"));
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let output = Folder::new().run(&["serve", "--config", "other.toml"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stderr(&output), @"rollcall: cannot read the configuration file other.toml: No such file or directory (os error 2)");
}
