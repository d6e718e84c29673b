"""Runs scim2-tester and scim-sanity against a `rollcall serve` of their own.

    check.py PATH_OF_THE_BINARY

Every check of both is run; none is left out. What fails is compared with `disputed.toml`, the
list of checks that contradict the RFCs, each with the clause. The status is 0 if nothing fails
that is not on that list, everything on it does fail (so that it cannot outlive its reason), and
each checker ran at least as many checks as `LEAST` says (so that a checker that gives up early
is not mistaken for a pass).
"""

import contextlib
import json
import os
import pathlib
import re
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request

import httpx2
import scim2_tester
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim_sanity.probe.runner import run_probe_api

HERE = pathlib.Path(__file__).resolve().parent

# Seconds that the server may take to start and to stop. Debug builds on a busy machine are slow.
PATIENCE = 60

# Fewer checks than this mean that a checker stopped half-way.
LEAST = {"scim2-tester": 130, "scim-sanity": 28}


class Failure(Exception):
    """The checkers could not be run."""


class Check:
    """One check that a checker made, in words that both share."""

    def __init__(self, checker, name, state, reason):
        self.checker = checker
        self.name = name
        # "passed", "failed" or "skipped"
        self.state = state
        self.reason = " ".join(reason.split())

    def __str__(self):
        return f"{self.checker}: {self.name}: {self.reason}"


@contextlib.contextmanager
def serving(binary, settings=None):
    """A server on a new SQLite file, with more variables; gives its URL and an API key."""
    with tempfile.TemporaryDirectory(prefix="rollcall-conformance.") as folder:
        key = secrets.token_urlsafe(32)
        # Nothing of the caller's own configuration reaches the server.
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("ROLLCALL_")
        }
        environment |= {
            "ROLLCALL_LISTEN": "127.0.0.1:0",
            "ROLLCALL_DATABASE_URL": f"sqlite://{folder}/rollcall.db?mode=rwc",
            "ROLLCALL_ADMIN_KEY": key,
            "ROLLCALL_LOG__LEVEL": "warn",
            # A power cut loses nothing here that anybody wants.
            "ROLLCALL_SQLITE_SYNCHRONOUS": "normal",
        }
        environment |= settings or {}
        server = subprocess.Popen(
            [binary, "serve"],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield address_of(server), key
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def address_of(server):
    """The URL that the server prints once it listens."""
    deadline = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as selector:
        selector.register(server.stdout, selectors.EVENT_READ)
        while selector.select(deadline - time.monotonic()):
            line = server.stdout.readline()
            if not line:
                raise Failure(f"the server ended with status {server.wait()}")
            before, found, url = line.partition("listening on ")
            if found:
                return url.strip()
    raise Failure(f"the server did not start within {PATIENCE} seconds")


def manage(url, key, path, body):
    """One POST to the management API."""
    request = urllib.request.Request(
        url + path,
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
        },
    )
    # Not through a proxy: the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Failure(f"POST {path}: {error.code} {error.read().decode()}") from error


def connect(url, key, name):
    """A new organization with a SCIM connection; gives its endpoint and its token."""
    organization = manage(url, key, "/v1/organizations", {"name": name})["id"]
    path = f"/v1/organizations/{organization}"
    oidc = {"issuer": "https://login.example.com", "client_id": "checks"}
    sign_in = {"name": "Sign-in", "protocol": "oidc", "oidc": oidc}
    sso = manage(url, key, f"{path}/sso-connections", sign_in)["id"]
    directory = {"name": "Directory", "sso_connection_id": sso}
    connection = manage(url, key, f"{path}/scim-connections", directory)
    return connection["endpoint_url"], connection["token"]["secret"]


def scim2_tester_checks(endpoint, token):
    """Every check that scim2-tester has, with status codes and content types checked."""
    states = {
        scim2_tester.Status.SUCCESS: "passed",
        scim2_tester.Status.COMPLIANT: "passed",
        scim2_tester.Status.ACCEPTABLE: "passed",
        scim2_tester.Status.SKIPPED: "skipped",
        # A recommendation (SHOULD) that is not followed counts as a failure here.
        scim2_tester.Status.DEVIATION: "failed",
        scim2_tester.Status.ERROR: "failed",
        scim2_tester.Status.CRITICAL: "failed",
    }
    http = httpx2.Client(
        base_url=endpoint,
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE,
        trust_env=False,
    )
    with http:
        results = scim2_tester.check_server(SyncSCIMClient(http))
    for result in results:
        name = " ".join(filter(None, [result.resource_type, result.title]))
        reason = result.reason or ""
        if states[result.status] == "failed" and result.data is not None:
            reason += f" {result.data}"
        yield Check("scim2-tester", name, states[result.status], reason)


def scim_sanity_checks(endpoint, token):
    """Every check that scim-sanity has for what the server serves, in strict mode."""
    # A warning is a failure here: strict is meant strictly.
    states = {"pass": "passed", "skip": "skipped"}
    results = run_probe_api(endpoint, token=token, strict=True, timeout=PATIENCE)
    for result in results["results"]:
        phase = result.get("phase", "").partition(" — ")[0]
        name = " ".join(filter(None, [phase, result["name"]]))
        state = states.get(result["status"], "failed")
        yield Check("scim-sanity", name, state, result.get("message", ""))


class Disputed:
    """The checks that contradict the RFCs."""

    def __init__(self):
        text = (HERE / "disputed.toml").read_text(encoding="utf-8")
        self.entries = tomllib.loads(text).get("check", [])
        self.met = [False] * len(self.entries)

    def find(self, check):
        """The entry for a failed check, or None."""
        for index, entry in enumerate(self.entries):
            if (
                entry["checker"] == check.checker
                and entry["name"] == check.name
                and re.search(entry["reason"], check.reason)
            ):
                self.met[index] = True
                return entry
        return None

    def unmet(self):
        """Entries whose check did not fail."""
        return [entry for entry, met in zip(self.entries, self.met) if not met]


def report(checks):
    """Prints what became of the checks; says whether that is good enough."""
    disputed = Disputed()
    failed, against_the_rfc = [], []
    for check in checks:
        if check.state == "failed":
            entry = disputed.find(check)
            if entry:
                against_the_rfc.append((check, entry))
            else:
                failed.append(check)
    for check in failed:
        print(f"FAILED  {check}")
    for check, entry in against_the_rfc:
        print(f"DISPUTED  {check}\n          {entry['clause']}")
    for check in checks:
        if check.state == "skipped":
            print(f"skipped  {check}")
    good = not failed
    for entry in disputed.unmet():
        good = False
        print(f"disputed.toml lists what does not fail: {entry['name']}")
    for checker, least in LEAST.items():
        mine = [check for check in checks if check.checker == checker]
        count = {
            state: sum(check.state == state for check in mine)
            for state in ("passed", "failed", "skipped")
        }
        disputes = sum(check.checker == checker for check, _ in against_the_rfc)
        ran = count["passed"] + count["failed"]
        print(
            f"{checker}: {ran} checks ran, {count['passed']} passed, "
            f"{count['failed'] - disputes} failed, {disputes} contradict the RFC, "
            f"{count['skipped']} skipped"
        )
        if ran < least:
            good = False
            print(f"{checker}: at least {least} checks were expected to run")
    return good


def main():
    """Starts a server, runs both checkers, reports."""
    binary = pathlib.Path(sys.argv[1]).resolve()
    checks = []
    with serving(binary) as (url, key):
        # One connection each, so that neither meets what the other left.
        for name, run in (
            ("scim2-tester", scim2_tester_checks),
            ("scim-sanity", scim_sanity_checks),
        ):
            checks.extend(run(*connect(url, key, name)))
    return 0 if report(checks) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"conformance: {failure}")
