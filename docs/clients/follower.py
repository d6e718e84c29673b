#!/usr/bin/env python3
"""Keeps a copy of one organization's directory, and verifies webhooks. Needs Python 3.9 and nothing else.

    follower.py follow    takes a snapshot and follows the feed from there, until it is stopped
    follower.py verify    reads a webhook from standard input: its headers, an empty line, its body

README.md names the variables of the environment.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

TOLERANCE = 5 * 60  # How old, or ahead of this clock, a webhook may be, in seconds.
WAIT = 20  # How long the gateway holds a question that has no answer yet, in seconds.


def verify(secrets, headers, body):
    """Raises ValueError unless one of the secrets signed these bytes within the last minutes."""
    try:
        name, sent, signatures = (headers["webhook-" + part] for part in ("id", "timestamp", "signature"))
        age = time.time() - int(sent)
    except (KeyError, ValueError):
        raise ValueError("the headers of a webhook are missing") from None
    if abs(age) > TOLERANCE:
        raise ValueError("the webhook is too old, or from the future")
    signed = f"{name}.{sent}.".encode() + body
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        ours = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
        if any(hmac.compare_digest(ours, theirs.encode()) for theirs in signatures.split(" ")):
            return
    raise ValueError("no signature fits")


class SnapshotNeeded(Exception):
    """The copy cannot be followed any further."""


def ask(method, path, body=None):
    """The open answer of the gateway."""
    headers = {"Authorization": "Bearer " + os.environ["ROLLCALL_API_KEY"], "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = Request(os.environ["ROLLCALL_URL"] + path, data, headers, method=method)
    return urlopen(request, timeout=WAIT + 30)


def take_snapshot(organization):
    """A new copy; raises EOFError if the snapshot breaks off."""
    copy = {"cursor": None, "default_role": None, "users": {}, "groups": {}}
    with ask("GET", f"/v1/organizations/{quote(organization)}/snapshot") as lines:
        for line in map(json.loads, lines):
            kind, connection = line["type"], line.get("scim_connection_id")
            if kind == "snapshot":
                copy["cursor"], copy["default_role"] = line["cursor"], line["default_role"]
            elif kind == "user":
                waits = line["waiting_for_seat"]
                user = {"user": line["user"], "role": own_role(line["role"]), "waiting_for_seat": waits}
                copy["users"][line["user"]["id"]] = {"scim_connection_id": connection, **user}
            elif kind == "group":
                group = {"scim_connection_id": connection, "group": line["group"], "users": {}, "groups": {}}
                copy["groups"][line["group"]["id"]] = group
            elif kind == "members":
                group = copy["groups"][line["group"]["id"]]
                group["users"].update(dict.fromkeys(line["users"], True))
                group["groups"].update(dict.fromkeys(line["groups"], True))
            elif kind == "end":
                return copy
    raise EOFError("the snapshot has no end")


def own_role(told):
    """A role; None for the default one, which may change without an event for each user."""
    return None if told["source"] == "default" else told


def apply(copy, event):
    """Brings the copy up to an event. The same event again changes nothing."""
    kind, data, connection = event["type"], event["data"], event["scim_connection_id"]
    users, groups = copy["users"], copy["groups"]
    if kind in ("user.created", "user.restored"):
        user = {"user": data["user"], "role": None, "waiting_for_seat": False}
        users[data["user"]["id"]] = {"scim_connection_id": connection, **user}
    elif kind in ("user.updated", "user.deactivated", "user.reactivated"):
        users[data["user"]["id"]]["user"] = data["user"]
        users[data["user"]["id"]]["waiting_for_seat"] &= kind != "user.deactivated"
    elif kind in ("user.waiting_for_seat", "user.seated"):
        users[data["user"]["id"]]["waiting_for_seat"] = kind == "user.waiting_for_seat"
    elif kind == "user.role_changed":
        users[data["user"]["id"]]["role"] = own_role(data["after"])
    elif kind == "user.deleted":
        users.pop(data["user"]["id"], None)
        for group in groups.values():
            group["users"].pop(data["user"]["id"], None)
    elif kind == "group.deleted":
        groups.pop(data["group"]["id"], None)
        for group in groups.values():
            group["groups"].pop(data["group"]["id"], None)
    elif kind in ("group.created", "group.restored", "group.updated"):
        told = dict(data["group"])
        members, inner = told.pop("members", []), told.pop("member_groups", [])
        group = {"scim_connection_id": connection, "group": None}
        group |= {"users": dict.fromkeys(members, True), "groups": dict.fromkeys(inner, True)}
        groups.setdefault(told["id"], group)["group"] = told
    elif kind in ("group.member_added", "group.member_removed"):
        group = groups[data["group"]["id"]]
        kept, name = ("users", "user") if "user" in data else ("groups", "member_group")
        group[kept].pop(data[name]["id"], None)
        if kind == "group.member_added":
            group[kept][data[name]["id"]] = True
    elif kind == "policy.updated":
        copy["default_role"] = data["policy"]["default_role"]
    elif kind == "scim_connection.deleted":
        gone = data["scim_connection"]["id"]
        for kept in (users, groups):
            for name in [name for name, it in kept.items() if it["scim_connection_id"] == gone]:
                del kept[name]
    elif kind == "organization.deleted":
        users.clear()
        groups.clear()
    elif kind in (
        "scim_schema.updated",
        "scim_schema.deleted",
        "attribute_mapping.saved",
        "attribute_mapping.deleted",
    ):
        raise SnapshotNeeded(kind)  # Users changed without events of their own.


def follow(organization, consumer, path):
    """Follows the feed for ever. Copy and cursor are one file, replaced as a whole."""
    copy, pause, saved = None, 1, None
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            copy = json.load(file)
    while True:
        try:
            if copy is None:
                copy = take_snapshot(organization)
            else:
                query = {"organization": organization, "after": copy["cursor"], "wait_seconds": WAIT, "limit": 500}
                with ask("GET", "/v1/events?" + urlencode(query)) as answer:
                    page = json.load(answer)
                for event in page["data"]:
                    apply(copy, event)
                copy["cursor"] = page["next_cursor"]
            if copy["cursor"] != saved:
                with open(path + ".new", "w", encoding="utf-8") as file:
                    json.dump(copy, file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(path + ".new", path)
                acknowledged = f"/v1/consumers/{quote(consumer)}?organization={quote(organization)}"
                ask("PUT", acknowledged, {"cursor": copy["cursor"]}).close()
                saved = copy["cursor"]
            pause = 1
        except (SnapshotNeeded, KeyError, OSError, HTTPException, EOFError, ValueError) as reason:
            status = reason.code if isinstance(reason, HTTPError) else None
            if isinstance(reason, (SnapshotNeeded, KeyError)) or status == 410:
                copy = None  # 410: the events after the cursor are not kept any more.
            elif status is not None and 400 <= status < 500 and status != 429:
                raise
            print(f"again in {pause} s: {reason!r}", file=sys.stderr)
            time.sleep(pause)
            pause = min(2 * pause, 60)


def main():
    if sys.argv[1:] == ["follow"]:
        names = ("ROLLCALL_ORGANIZATION", "ROLLCALL_CONSUMER", "ROLLCALL_COPY")
        follow(*(os.environ[name] for name in names))
    elif sys.argv[1:] == ["verify"]:
        head, _, body = sys.stdin.buffer.read().partition(b"\n\n")
        fields = (line.partition(":") for line in head.decode().splitlines())
        headers = {name.lower(): value.strip() for name, _, value in fields}
        try:
            verify(os.environ["ROLLCALL_WEBHOOK_SECRETS"].split(), headers, body)
        except ValueError as reason:
            sys.exit(f"refused: {reason}")
        print("verified")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
