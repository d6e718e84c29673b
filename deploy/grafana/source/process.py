"""The processes and what they stand on."""

from panels import ORANGE, RED, Panel, dashboard, of, quantile, rate

RATE = "reqps"
EACH = "{{instance}}"

DASHBOARD = dashboard(
    "rollcall-process", "Rollcall: process",
    "Each replica: its load, its database connections, its memory and CPU, Redis and the request log.",
    [
        ("Load", [
            Panel("SCIM requests", "By replica. Normal: about alike. One far below the others is out of the load balancer.",
                  [(f'sum by (instance) ({rate("rollcall_requests_total")})', EACH)], RATE),
            Panel("SCIM latency, 99th percentile", "By replica. One that is slower than the others has a slow machine, or a slow way to the database.",
                  [(quantile(0.99, "rollcall_request_duration_seconds", "instance"), EACH)], "s",
                  limits=[(10, RED)], runbooks=["RollcallRequestsSlow"]),
            Panel("Requests that work and wait", "Working: at most as many as the pool has connections, less two. Waiting for moments is normal; for longer, there is more to do than the database takes.",
                  [("sum by (instance) (" + of("rollcall_requests_working") + ")", EACH + " working"),
                   ("sum by (instance) (" + of("rollcall_requests_waiting") + ")", EACH + " waiting")],
                  runbooks=["RollcallTurnsRefused"]),
            Panel("Management API", "Requests of products and of people by outcome. `error` and `unavailable` are ours.",
                  [(f'sum by (outcome) ({rate("rollcall_api_requests_total")})', "{{outcome}}")], RATE, stacked=True),
            Panel("Management API, latency", "Waiting for events (`wait_seconds`) is not in it. Normal: milliseconds; snapshots and comparisons of whole rosters take longer.",
                  [(quantile(share, "rollcall_api_request_duration_seconds"), name) for share, name in ((0.5, "median"), (0.99, "99 %"))], "s"),
            Panel("Writes done again", "The database broke them off for another at the same time. Normal: few; many are two jobs that write to the same users.",
                  [(f'sum by (instance) ({rate("rollcall_writes_repeated_total")})', EACH)], "cps"),
        ]),
        ("Database", [
            Panel("Connections", "Open and idle ones of the pool for requests. Open never goes above `database.max_connections`; idle at 0 for long is a pool that is used up.",
                  [("sum by (instance) (" + of("rollcall_database_connections") + ")", EACH + " open"),
                   ("sum by (instance) (" + of("rollcall_database_connections_idle") + ")", EACH + " idle")], width=12,
                  runbooks=["RollcallDatabasePoolExhausted"]),
            Panel("Requests that wait for a connection", "Normal: 0. Above for longer, the pool is too small or the database too slow.",
                  [("sum by (instance) (" + of("rollcall_database_waiting") + ")", EACH)], width=12,
                  limits=[(1, RED)], runbooks=["RollcallDatabasePoolExhausted"]),
        ]),
        ("Process", [
            Panel("CPU", "Cores in use by replica. At what the machine or the limit gives, requests wait.",
                  [("sum by (instance) (" + rate("process_cpu_seconds_total") + ")", EACH)], "none"),
            Panel("Memory", "Resident, by replica. Normal: some 40 MiB at rest, more with the load, and no growth for days.",
                  [("sum by (instance) (" + of("process_resident_memory_bytes") + ")", EACH)], "bytes"),
            Panel("File descriptors", "Share in use: each connection of a client or to the database takes one.",
                  [(of("process_open_fds") + " / " + of("process_max_fds"), EACH)], "percentunit",
                  limits=[(0.8, ORANGE)], runbooks=["RollcallFileDescriptorsShort"]),
            Panel("Threads", "Normal: constant after the start, and more for moments.",
                  [("sum by (instance) (" + of("process_threads") + ")", EACH)]),
            Panel("Up for", "Falls to 0 at a start. Saw teeth are a process that starts again and again.",
                  [("time() - " + of("process_start_time_seconds"), EACH)], "s", runbooks=["RollcallRestarting"]),
            Panel("Versions", "Replicas by the release that runs. Two for longer than a roll-out: it is stuck.",
                  [("count by (version) (" + of("rollcall_build_info") + ")", "{{version}}")], stacked=True),
        ]),
        ("Redis and what replicas tell each other", [
            Panel("Redis answers", "1 by replica while it does; 0 too where none is configured.",
                  [("min by (instance) (" + of("rollcall_redis_up") + ")", EACH)], runbooks=["RollcallRedisAway"]),
            Panel("Redis outages", "Times in an hour that a replica lost it. Normal: 0.",
                  [("sum by (instance) (increase(" + of("rollcall_redis_outages_total") + "[1h]))", EACH)],
                  runbooks=["RollcallRedisAway"]),
            Panel("Notices", "What replicas told and heard of changed tokens and connections. `everything` at times is normal, all the time it is a Redis that loses messages.",
                  [(f'sum by (notice) ({rate("rollcall_stale_notices_total")})', "{{notice}}")], "cps", runbooks=["RollcallRedisAway"]),
        ]),
        ("Request log and clean-up", [
            Panel("Request log: dropped", "Lines, and bodies of failed requests. Normal: 0.",
                  [(f'sum by (instance) ({rate("rollcall_request_log_dropped_total")})', EACH + " lines"),
                   (f'sum by (instance) ({rate("rollcall_request_log_bodies_dropped_total")})', EACH + " bodies")], "cps",
                  runbooks=["RollcallRequestLogDropping"]),
            Panel("Request log: removed", "Lines that were old enough, or whose log was full. Normal: about as many as are written.",
                  [(f'sum({rate("rollcall_request_log_removed_total")})', "removed")], "cps"),
            Panel("Tombstones removed", "Of deleted users and groups, after `scim.tombstone_retention_days`.",
                  [(f'sum({rate("rollcall_tombstones_purged_total")})', "removed")], "cps"),
        ]),
    ],
)
