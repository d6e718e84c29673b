"""Has the real Prometheus watch two real gateways, and looks whether it sees everything.

    observed.py TOP BINARY

TOP is the checkout, BINARY the gateway; scripts/check-observed calls it where ROLLCALL_TEST_POSTGRES_URL and ROLLCALL_TEST_REDIS_URL name servers.

For two minutes `rollcall simulate` pushes as Okta to one gateway and as Entra ID to the other, while a
product follows the feed and takes webhooks. Then each query of each panel has to return data, each rule
to evaluate, and no alert may fire. Then the token of Okta is revoked, and the alert of it has to fire, by
itself and at the thresholds of the repository: nothing is made shorter.
"""

import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from findings import expect, report
from installation import Failure, all_the_time, ask, database, gateways, prometheus, receiver
from observe import concrete, known_metrics

# Seconds that everything works before anybody looks.
WATCHED = 120

# Seconds within which the alert has to fire: six refusals at most 15 seconds apart, what it waits for,
# and the steps between scrapes and between evaluations.
ALERTED_WITHIN = 180

EXPECTED = "RollcallAuthenticationFailing"


def say(text: str) -> None:
    print(f"check-observed: {text}", file=sys.stderr, flush=True)


# --- what is asked of Prometheus


def check_scrape(url: str, top: pathlib.Path) -> None:
    """That a page is one that Prometheus likes, and has the metrics of the manual, each of them."""
    _, text = ask(f"{url}/metrics")
    linted = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    expect(linted.returncode == 0 and not linted.stderr, f"promtool check metrics: {linted.stderr}")
    shown = set(re.findall(r"^# TYPE (\w+)", text, re.M))
    listed = set(re.findall(r"^\| `(\w+)` \|", (top / "docs/metrics.md").read_text(), re.M))
    for name in sorted(shown ^ listed):
        expect(False, f"{name} is in only one of /metrics and docs/metrics.md")
    expect(len(shown & listed) > 50, "there are no metrics")


def check_panels(top: pathlib.Path, watching) -> int:
    """That each query of each panel has data. How many there are."""
    queries = 0
    for path in sorted((top / "deploy/grafana/dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        for variable in board["templating"]["list"]:
            match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"])
            values = watching.get(f"label/{match[2]}/values", **{"match[]": concrete(match[1])})
            expect(len(values) > 0, f"{path.name}: nothing to choose as {variable['name']}")
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                queries += 1
                values = watching.query(concrete(target["expr"]))
                told = [value for value in values if math.isfinite(value)]
                expect(bool(told), f"{path.name}: {panel['title']}: no data for {target['expr']}")
    expect(queries > 50, "there are no panels")
    return queries


def check_rules(watching) -> int:
    """That each rule was evaluated, and each that is recorded has data. How many there are."""
    rules = watching.rules()
    for rule in rules:
        expect(rule["health"] == "ok", f"{rule['name']} is {rule['health']}: {rule.get('lastError')}")
        if rule["type"] == "recording":
            told = [value for value in watching.query(rule["name"]) if math.isfinite(value)]
            expect(bool(told), f"{rule['name']}: no data")
    expect(len(rules) > 20, "there are no rules")
    return len(rules)


# --- what goes on meanwhile


class Pusher:
    """`rollcall simulate` as one identity provider, towards one gateway."""

    def __init__(self, binary, idp, url, connection, folder):
        self.token_file = folder / f"{idp}.token"
        self.token_file.write_text(connection["token"]["secret"])
        self.command = [
            binary, "simulate", "--idp", idp, "--url", url + connection["endpoint"],
            "--token-file", self.token_file, "--directory", folder / f"{idp}.csv", "--outage-seconds", "0",
        ]
        self.directory = folder / f"{idp}.csv"
        self.rounds = 0
        self.revoked = False
        self.refused = 0

    def people_change(self) -> None:
        """A company of forty, in which everybody has another title each time, and somebody comes or goes."""
        lines = ["userName,displayName,title,active,groups"]
        for number in range(40):
            active = "false" if (number + self.rounds) % 10 == 0 else "true"
            group = f"Team {(number + self.rounds) % 3}" if number < 3 else f"Team {number % 3}"
            lines.append(f"person-{number}@example.com,Person {number},Title {self.rounds},{active},{group}")
        self.directory.write_text("\n".join(lines) + "\n")
        self.rounds += 1

    def push(self) -> None:
        self.people_change()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
        revoked = self.revoked
        done = subprocess.run(self.command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            # Revoked in the middle of it.
            if not revoked and not self.revoked:
                raise Failure(f"{self.command[3]} could not push: {done.stdout}{done.stderr}")
            self.refused += 1
        elif revoked:
            raise Failure("a revoked token was let in")


def follow(gateways, cursor: list) -> None:
    """One look of a product at the feed, and at what its people look at."""
    query = f"?wait_seconds=1&limit=500&after={cursor[0]}" if cursor[0] else "?limit=500"
    page = gateways.manage("GET", f"/v1/events{query}")
    cursor[0] = page["next_cursor"] or cursor[0]
    gateways.manage("PUT", "/v1/consumers/billing", {"cursor": cursor[0]}, of=1)
    for url in gateways.urls:
        ask(f"{url}/console")
        ask(f"{url}/portal")


def wait_for_alert(watching, pusher) -> float:
    """Seconds until the alert fired."""
    begun = time.monotonic()
    while time.monotonic() - begun < ALERTED_WITHIN:
        time.sleep(1)
        if watching.alerts("firing"):
            return time.monotonic() - begun
    raise Failure(f"nothing fired within {ALERTED_WITHIN} seconds, after {pusher.refused} pushes were refused")


def check(top: pathlib.Path, binary: pathlib.Path, there, watching, folder: pathlib.Path) -> int:
    connections = {idp: there.connect(f"Customer with {idp}", idp) for idp in ("okta", "entra")}
    pushers = [
        Pusher(binary, idp, url, connection, folder)
        for url, (idp, connection) in zip(there.urls, connections.items())
    ]
    cursor = [None]
    with all_the_time(*(pusher.push for pusher in pushers), lambda: follow(there, cursor)) as failures:
        say(f"{WATCHED} seconds under load")
        deadline = time.monotonic() + WATCHED
        while time.monotonic() < deadline and not failures:
            time.sleep(1)
        if failures:
            raise failures[0]
        for url in there.urls:
            check_scrape(url, top)
        panels, rules = check_panels(top, watching), check_rules(watching)
        say(f"{panels} queries of panels and {rules} rules were asked for")
        up = watching.query('up{job="rollcall"}')
        expect(up == [1, 1], f"two gateways are watched, and not {up}")
        for alert in watching.alerts("firing"):
            expect(False, f"fires, and nothing is wrong: {alert}")

        token = connections["okta"]
        pushers[0].revoked = True
        there.manage("DELETE", f"{token['path']}/tokens/{token['token']['id']}")
        took = wait_for_alert(watching, pushers[0])
        firing = watching.alerts("firing")
        expect(
            [(alert["alertname"], alert.get("reason")) for alert in firing] == [(EXPECTED, "revoked")],
            f"{EXPECTED} fires alone, and not {firing}",
        )
        say(f"{took:.0f} seconds after the token was revoked, {EXPECTED} fires")
    return report(f"two gateways that Prometheus watches ({panels} queries of panels, {rules} rules)")


def main() -> int:
    top, binary = (pathlib.Path(each).resolve() for each in sys.argv[1:])
    postgres_url = os.environ["ROLLCALL_TEST_POSTGRES_URL"]
    redis_url = os.environ["ROLLCALL_TEST_REDIS_URL"]
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-observed.") as folder,
        database(postgres_url) as database_url,
        receiver() as hook,
        gateways(binary, pathlib.Path(folder), database_url, redis_url) as there,
    ):
        there.manage("POST", "/v1/webhook-endpoints", {"url": hook})
        with prometheus(top, pathlib.Path(folder), there.targets()) as watching:
            return check(top, binary, there, watching, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
