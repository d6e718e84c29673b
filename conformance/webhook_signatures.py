"""Verifies what a real `rollcall serve` sends with the reference library of Standard Webhooks.

    webhook_signatures.py PATH_OF_THE_BINARY

A receiver answers 500 to the first request of each event, and verifies every request. Half-way the
secret is replaced, so that requests carry two signatures: the library has to accept them with
either secret, and has to refuse them with another, or with a changed body.
"""

import http.server
import json
import sys
import threading
import time

from check import PATIENCE, Failure, connect, manage, serving
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

# Of so many changes, events are sent.
CHANGES = 10


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what comes."""

    requests = []
    lock = threading.Lock()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.lock:
            known = any(headers["webhook-id"] == self.headers["webhook-id"]
                        for headers, _ in self.requests)
            self.requests.append((dict(self.headers), body))
        self.send_response(204 if known else 500)
        self.end_headers()

    def log_message(self, *_):
        pass


def refuses(webhook, body, headers):
    try:
        webhook.verify(body, headers)
    except WebhookVerificationError:
        return True
    return False


def wait_for(what, is_so):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise Failure(f"not within {PATIENCE} seconds: {what}")
        time.sleep(0.05)


def taken():
    """The ids of events that came twice: the second time they were answered with 204."""
    with Receiver.lock:
        ids = [headers["webhook-id"] for headers, _ in Receiver.requests]
    return {id for id in ids if ids.count(id) > 1}


def run(binary):
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    networks = {"ROLLCALL_OUTBOUND__ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8"}
    with serving(binary, networks) as (url, key):
        hook = f"http://127.0.0.1:{receiver.server_port}/hook"
        made = manage(url, key, "/v1/webhook-endpoints", {"url": hook})
        first = Webhook(made["secret"])
        connect(url, key, "First")
        wait_for("the first events come again", lambda: len(taken()) >= 3)
        with Receiver.lock:
            before = list(Receiver.requests)
        path = f"/v1/webhook-endpoints/{made['id']}/rotate-secret"
        second = Webhook(manage(url, key, path, {})["secret"])
        for number in range(CHANGES):
            manage(url, key, "/v1/organizations", {"name": f"Organization {number}"})
        wait_for("all events come again", lambda: len(taken()) >= len({
            headers["webhook-id"] for headers, _ in before
        }) + CHANGES)
        receiver.shutdown()
    rotated = Receiver.requests[len(before):]
    other = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    both = 0
    for headers, body in Receiver.requests:
        event = first.verify(body, headers)
        if event["id"] != headers["webhook-id"] or event != json.loads(body):
            raise Failure(f"{headers['webhook-id']} is not the event's id")
        if not refuses(other, body, headers):
            raise Failure("a request is accepted with a secret that did not sign it")
        if not refuses(first, body + b" ", headers):
            raise Failure("a changed body is accepted")
    for headers, body in rotated:
        if " " in headers["webhook-signature"]:
            second.verify(body, headers)
            both += 1
    if both < CHANGES:
        raise Failure(f"only {both} requests were signed with both secrets")
    print(f"standardwebhooks: {len(Receiver.requests)} requests verified, {both} with both secrets")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        run(sys.argv[1])
    except (Failure, WebhookVerificationError) as error:
        sys.exit(f"webhook signatures: {error}")
