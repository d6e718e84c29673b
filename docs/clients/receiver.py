#!/usr/bin/env python3
"""Takes webhooks on this machine, verifies them, and writes one line for each event. Needs Python 3.9 and nothing else.

    receiver.py PORT

The secrets of the endpoint stand in ROLLCALL_WEBHOOK_SECRETS or in the file that ROLLCALL_WEBHOOK_SECRETS_FILE names.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from follower import verify

seen = set()  # A product keeps these ids in its database, for as long as events are kept.


def secrets():
    file = os.environ.get("ROLLCALL_WEBHOOK_SECRETS_FILE")
    return (Path(file).read_text() if file else os.environ["ROLLCALL_WEBHOOK_SECRETS"]).split()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            verify(secrets(), headers, body)
        except ValueError as reason:
            print(f"refused: {reason}", flush=True)
            self.answer(401)
            return
        if headers["webhook-id"] not in seen:
            event = json.loads(body)
            # A product stores the event here, in one transaction with its id, and works on it later.
            print(f"{event['type']} {event['id']}", flush=True)
            seen.add(headers["webhook-id"])
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
