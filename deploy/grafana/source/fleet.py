"""Are customers served? The first page to open at night."""

from panels import ORANGE, RED, Panel, dashboard, of, quantile, rate, stat

FAULTS = 'outcome=~"error|unavailable"'
RATE = "reqps"

DASHBOARD = dashboard(
    "rollcall-fleet", "Rollcall: fleet",
    "Are customers served? Figures of all organizations together; metrics name none of them.",
    [
        ("Now", [
            stat("Replicas that answer", "As many as you run. Less: a process is down or cannot be reached.",
                 "sum(" + of("up") + ")", limits=[], runbooks=["RollcallDown", "RollcallReplicaDown"]),
            stat("Faults", "Share of SCIM requests answered with a fault of ours (5xx but 501). Normal: 0.",
                 f'(sum({rate("rollcall_requests_total", FAULTS)}) or vector(0)) / (sum({rate("rollcall_requests_total")}) > 0)',
                 "percentunit", limits=[(0.01, ORANGE), (0.05, RED)], runbooks=["RollcallRequestsFailing"]),
            stat("Connections that need attention", "They worked, and nothing lets their identity provider in now. Normal: 0.",
                 "max(" + of("rollcall_connections", 'state="attention"') + ")",
                 limits=[(1, ORANGE)], runbooks=["RollcallConnectionNeedsAttention"]),
            stat("Tokens that end within a week", "Each is a customer who has to be given a new one. Normal: 0.",
                 "max(" + of("rollcall_scim_tokens_expiring", 'days="7"') + ")",
                 limits=[(1, ORANGE)], runbooks=["RollcallTokenExpiring", "RollcallTokenExpiresTomorrow"]),
            stat("Oldest event not in the feed", "How long the oldest change waits to be told. Normal: 0 seconds.",
                 "max(" + of("rollcall_outbox_age_seconds") + ")", "s",
                 limits=[(10, ORANGE), (60, RED)], runbooks=["RollcallEventsNotPlaced"]),
            stat("Paused webhook endpoints", "Paused by people or by themselves. Each product behind one learns nothing. Normal: what you know of.",
                 "max(" + of("rollcall_webhook_endpoints_paused") + ")",
                 limits=[(1, ORANGE)], runbooks=["RollcallWebhookEndpointDead"]),
        ]),
        ("Requests of identity providers", [
            Panel("SCIM requests by outcome", "Normal: nearly all `ok`, some `not_found` (providers look before they create) and `conflict`. `error` and `unavailable` are ours.",
                  [(f'sum by (outcome) ({rate("rollcall_requests_total")})', "{{outcome}}")], RATE,
                  stacked=True, width=12, runbooks=["RollcallRequestsFailing"]),
            Panel("SCIM requests by operation", "What identity providers do. A first import shows as `create_user`, the daily round as `get_user`, `list_users` and `patch_user`.",
                  [(f'sum by (operation) ({rate("rollcall_requests_total")})', "{{operation}}")], RATE, stacked=True, width=12),
            Panel("Latency", "Of all SCIM requests. Normal: a median of milliseconds and a 99th percentile below a second; large groups and lists take longer. Providers give up after about a minute.",
                  [(quantile(share, "rollcall_request_duration_seconds"), name) for share, name in ((0.5, "median"), (0.95, "95 %"), (0.99, "99 %"))],
                  "s", limits=[(10, RED)], width=12, runbooks=["RollcallRequestsSlow"]),
            Panel("Latency by operation, 99th percentile", "Which operation is the slow one. The highest bound is 30 seconds: what takes longer is shown as that.",
                  [(quantile(0.99, "rollcall_request_duration_seconds", "operation"), "{{operation}}")], "s", width=12,
                  runbooks=["RollcallRequestsSlow"]),
        ]),
        ("Who is not let in", [
            Panel("Authentication failures by reason", "`expired`, `revoked`, `mismatch`, `disabled`, `source_address`, `forbidden`: a customer is locked out. `missing`, `malformed`, `unknown`, `invalid_request`: anybody on the internet. Normal: a little of the latter.",
                  [(f'sum by (reason) ({rate("rollcall_authentication_failures_total")})', "{{reason}}")], RATE,
                  runbooks=["RollcallAuthenticationFailing", "RollcallTokensGuessed"]),
            Panel("Refused with 429 or 503", "Over the budget of a connection, too many in its line, waited too long, or guessed tokens. Normal: 0 but for first imports.",
                  [(f'sum by (budget) ({rate("rollcall_rate_limited_total")})', "budget of {{budget}}"),
                   (f'sum by (reason) ({rate("rollcall_turns_refused_total")})', "turn: {{reason}}"),
                   (f'sum({rate("rollcall_guesses_slowed_total")})', "guesses")], RATE,
                  runbooks=["RollcallTurnsRefused", "RollcallTokensGuessed"]),
            Panel("Allowances for identity providers", "Requests that deviate from the standard and were understood, by kind. No fault; a new kind tells of a changed provider.",
                  [(f'sum by (quirk) ({rate("rollcall_quirks_total")})', "{{quirk}}")], RATE),
        ]),
        ("Customers", [
            Panel("Connections by state", "`awaiting_first_request` are being set up, `attention` need a person.",
                  [("max by (state) (" + of("rollcall_connections") + ")", "{{state}}")], stacked=True,
                  runbooks=["RollcallConnectionNeedsAttention"]),
            Panel("Tokens by what is left", "Live tokens that end within so many days (each holds those below it), and those that ended in the last 30.",
                  [("max by (days) (" + of("rollcall_scim_tokens_expiring") + ")", "{{days}}")],
                  runbooks=["RollcallTokenExpiring", "RollcallTokenExpiresTomorrow"]),
            Panel("Organizations, users, groups", "What the database holds, deactivated users included. A sudden fall is a mass deletion.",
                  [("max(" + of(f"rollcall_{what}") + ")", what) for what in ("organizations", "users", "groups")]),
            Panel("References to nobody", "Members and managers that were named and never pushed. Normal: falls to near 0 after a first import.",
                  [("max(" + of("rollcall_parked_references") + ")", "parked references")]),
            Panel("First requests", "Connections that an identity provider reached for the first time, in an hour.",
                  [("sum(increase(" + of("rollcall_connections_connected_total") + "[1h]))", "connected")]),
            Panel("Access tokens", "Given to OAuth clients of connections: each client asks for one about as often as it expires.",
                  [(f'sum({rate("rollcall_access_tokens_issued_total")})', "issued")], RATE),
        ]),
    ],
)
