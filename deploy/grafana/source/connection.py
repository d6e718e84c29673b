"""One SCIM connection: does its identity provider still call, and how is it answered?"""

from panels import ORANGE, Panel, dashboard, of, rate, stat, variable

RATE = "reqps"
CHOSEN = 'connection=~"$connection"'
QUIET = of("rollcall_connection_last_request_seconds", CHOSEN)
REQUESTS = rate("rollcall_connection_requests_total", CHOSEN)
EACH = "{{connection}}"


def outcomes(outcomes: str) -> str:
    return rate("rollcall_connection_requests_total", f"{CHOSEN},{outcomes}")


DASHBOARD = dashboard(
    "rollcall-connection", "Rollcall: one connection",
    "Choose a SCIM connection at the top: its id stands in the console and in its endpoint URL. Empty unless `metrics.connections` is `top` or `all`.",
    [
        ("Does its identity provider still call?", [
            stat("Last request", "How long ago. Compare it with what is usual for it, below.",
                 f"min({QUIET})", "s"),
            stat("Connections shown", "As many as you chose. With `top`, the quietest and the busiest alone can be chosen.",
                 f"count(count by (connection) ({QUIET}))"),
            Panel("Since the last request", "Saw teeth as high as its usual interval: identity providers call every few minutes to once a day. One tooth far higher: it has stopped.",
                  [(f"min by (connection, idp) ({QUIET})", EACH + " {{idp}}")], "s", width=16,
                  runbooks=["RollcallConnectionNeedsAttention"]),
        ]),
        ("How is it answered?", [
            Panel("Requests by outcome", "Normal: nearly all `ok`, some `not_found` and `conflict`. `unauthorized` and `forbidden` are not here: whoever is not let in is no connection; see the request log.",
                  [(f"sum by (outcome) ({REQUESTS})", "{{outcome}}")], RATE, stacked=True, width=12),
            Panel("Requests by connection", "Over all replicas.",
                  [(f"sum by (connection) ({REQUESTS})", EACH)], RATE, width=12),
            Panel("Share that failed", "Neither `ok` nor `not_found`. `conflict` and `invalid` are for the customer's administrator, with the request log; `error` and `unavailable` are ours.",
                  [(f"""sum by (connection) ({outcomes('outcome!~"ok|not_found"')} or {REQUESTS} * 0) / (sum by (connection) ({REQUESTS}) > 0)""", EACH)],
                  "percentunit", limits=[(0.05, ORANGE)], width=12, runbooks=["RollcallRequestsFailing"]),
            Panel("By replica", "Normal: about alike. All on one replica: the load balancer keeps a client there.",
                  [(f"sum by (instance) ({REQUESTS})", "{{instance}}")], RATE, width=12),
        ]),
    ],
    [variable("connection", 'label_values(rollcall_connection_last_request_seconds{job=~"$job"}, connection)', "Connection")],
)
