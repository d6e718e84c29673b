"""From a change to the product that has to know of it."""

from panels import ORANGE, RED, Panel, dashboard, of, quantile, rate

RATE = "cps"

DASHBOARD = dashboard(
    "rollcall-delivery", "Rollcall: delivery",
    "From a change to the product that has to know of it: outbox, feed, consumers, webhooks, Redis stream.",
    [
        ("Outbox and feed", [
            Panel("Oldest event not in the feed", "Since when the oldest change waits. Normal: 0. While it grows, no process places events and nothing behind moves.",
                  [("max(" + of("rollcall_outbox_age_seconds") + ")", "age")], "s",
                  limits=[(60, RED)], runbooks=["RollcallEventsNotPlaced"]),
            Panel("Events not in the feed", "Normal: 0, and a few thousand for moments of a first import.",
                  [("max(" + of("rollcall_outbox_events") + ")", "events")], runbooks=["RollcallEventsNotPlaced"]),
            Panel("Events placed and removed", "Placed: how fast the end of the feed moves. Removed: those older than `events.retention_days`.",
                  [("max(deriv(" + of("rollcall_feed_end") + "[5m]))", "placed"),
                   (f'sum({rate("rollcall_events_removed_total")})', "removed")], RATE),
            Panel("Events kept", "Between the last one removed and the end of the feed. Normal: what `events.retention_days` come to.",
                  [("max(" + of("rollcall_feed_end") + ") - max(" + of("rollcall_feed_removed_to") + ")", "events")]),
            Panel("Followers", "Requests that wait for events and streams that are open, by replica. Near `events.max_followers` (1,000) more are answered with 503.",
                  [("sum by (instance) (" + of("rollcall_feed_waiting") + ")", "{{instance}} waiting"),
                   ("sum by (instance) (" + of("rollcall_feed_streams") + ")", "{{instance}} streams")]),
        ]),
        ("Consumers", [
            Panel("Consumers: age of what they lack", "How old the oldest event is that a consumer has not acknowledged. Normal: seconds. `(others)` is the worst of those that have no line of their own.",
                  [("max by (consumer) (" + of("rollcall_consumer_lag_seconds") + ")", "{{consumer}}")], "s",
                  limits=[(900, ORANGE), (86400, RED)], width=12, runbooks=["RollcallConsumerLagging", "RollcallConsumerStopped"]),
            Panel("Consumers: events they lack", "Falls while a consumer catches up.",
                  [("max by (consumer) (" + of("rollcall_consumer_lag_events") + ")", "{{consumer}}")], width=12,
                  runbooks=["RollcallConsumerLagging", "RollcallConsumerStopped"]),
        ]),
        ("Webhooks", [
            Panel("Attempts by outcome", "Normal: nearly all `delivered`. `failed` are tried again; `given_up` are not; `lost` says that a process or the database is too slow.",
                  [(f'sum by (outcome) ({rate("rollcall_webhook_attempts_total")})', "{{outcome}}")], RATE, stacked=True,
                  runbooks=["RollcallWebhookGivenUp"]),
            Panel("From an event to its 2xx", "Of deliveries that arrived, retries included. Normal: below a second. The highest bound is 30 seconds: a retry is shown as that.",
                  [(quantile(share, "rollcall_webhook_delivery_lag_seconds"), name) for share, name in ((0.5, "median"), (0.95, "95 %"), (0.99, "99 %"))], "s",
                  runbooks=["RollcallWebhooksLate"]),
            Panel("Longest due delivery", "Since when it could have been sent. Waits between retries and paused endpoints are not in it. Normal: 0 or seconds.",
                  [("max(" + of("rollcall_webhook_oldest_due_seconds") + ")", "due")], "s",
                  limits=[(300, ORANGE)], runbooks=["RollcallWebhooksLate"]),
            Panel("Queue", "Neither delivered nor given up, those of paused endpoints included. No more than 100,000 are counted.",
                  [("max(" + of("rollcall_webhook_queue_deliveries") + ")", "deliveries")]),
            Panel("Paused endpoints", "How many are, and how many were paused by themselves in the last hour.",
                  [("max(" + of("rollcall_webhook_endpoints_paused") + ")", "paused"),
                   ("sum(increase(" + of("rollcall_webhook_endpoints_paused_total") + "[1h]))", "paused by themselves")],
                  runbooks=["RollcallWebhookEndpointDead"]),
            Panel("Requests on their way", "By replica. Near `webhooks.concurrency` (64) for long: more is queued than can be sent.",
                  [("sum by (instance) (" + of("rollcall_webhook_requests_in_flight") + ")", "{{instance}}")]),
        ]),
        ("Redis stream (0 where none is configured)", [
            Panel("Events added", "By all replicas; one at a time fills the stream.",
                  [(f'sum({rate("rollcall_redis_stream_events_total")})', "added")], RATE),
            Panel("Events not in the stream yet", "Normal: 0. Stands still at its last figure while Redis is away.",
                  [("max(" + of("rollcall_redis_stream_lag_events") + ")", "events")],
                  limits=[(10000, ORANGE)], runbooks=["RollcallRedisStreamBehind"]),
            Panel("Events missed for good", "Removed from the feed before the stream had them, in a day. Normal: 0, always.",
                  [("sum(increase(" + of("rollcall_redis_stream_missed_total") + "[1d]))", "missed")],
                  limits=[(1, RED)], runbooks=["RollcallRedisStreamMissed"]),
        ]),
    ],
)
