"""Two real gateways of one installation, with what is around them: identity providers that push, a
product that follows the feed, a receiver of webhooks, and the Prometheus of the repository.

For observed.py. Everything listens on 127.0.0.1 and is gone when the `with` ends.
"""

import base64
import contextlib
import http.server
import json
import os
import pathlib
import secrets
import selectors
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

# Seconds that a process may take to start and to stop. Debug builds on a busy machine are slow.
PATIENCE = 60


class Failure(Exception):
    """What was to be watched could not be run."""


def ask(url: str, *, method="GET", key=None, body=None) -> tuple[int, str]:
    """The status and the text of an answer, whatever the status is."""
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(command: list, **options):
    """A process, which is asked to end and then has to."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# --- the database


@contextlib.contextmanager
def database(server_url: str):
    """A database of its own on a server, by its URL."""
    name = f"rollcall_observed_{secrets.token_hex(6)}"

    def run(statement: str) -> None:
        command = ["psql", "--quiet", "--no-psqlrc", server_url, "--command", statement]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    run(f"create database {name}")
    try:
        yield urllib.parse.urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        run(f"drop database {name} with (force)")


# --- the gateways


class Gateways:
    """Two processes of one installation."""

    def __init__(self, urls: list[str], key: str):
        self.urls, self.key = urls, key

    def targets(self) -> list[str]:
        return [url.removeprefix("http://") for url in self.urls]

    def manage(self, method: str, path: str, body=None, *, of=0) -> dict:
        status, text = ask(self.urls[of] + path, method=method, key=self.key, body=body)
        if not 200 <= status < 300:
            raise Failure(f"{method} {path}: {status} {text}")
        return json.loads(text) if text else {}

    def connect(self, name: str, idp: str) -> dict:
        """An organization with a SCIM connection; gives its path and its token."""
        organization = self.manage("POST", "/v1/organizations", {"name": name})["id"]
        path = f"/v1/organizations/{organization}"
        oidc = {"issuer": "https://login.example.com", "client_id": "product"}
        sso = {"name": "Sign-in", "protocol": "oidc", "oidc": oidc}
        sso = self.manage("POST", f"{path}/sso-connections", sso)["id"]
        scim = {"name": "Directory", "sso_connection_id": sso, "idp": idp}
        scim = self.manage("POST", f"{path}/scim-connections", scim)
        return {
            "endpoint": f"/scim/v2/{scim['id']}",
            "path": f"{path}/scim-connections/{scim['id']}",
            "token": scim["token"],
        }


@contextlib.contextmanager
def gateways(binary: pathlib.Path, folder: pathlib.Path, database_url: str, redis_url: str):
    key = secrets.token_urlsafe(32)
    prefix = f"observed-{secrets.token_hex(6)}:"
    # Nothing of the caller's own configuration reaches them.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
    environment |= {
        "ROLLCALL_LISTEN": "127.0.0.1:0",
        "ROLLCALL_DATABASE_URL": database_url,
        "ROLLCALL_REDIS_URL": redis_url,
        "ROLLCALL_REDIS__KEY_PREFIX": prefix,
        "ROLLCALL_EVENTS__REDIS_STREAM": f"{prefix}events",
        "ROLLCALL_ADMIN_KEY": key,
        "ROLLCALL_SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "ROLLCALL_METRICS__CONNECTIONS": "all",
        # The receiver of webhooks is on this machine, and has no certificate.
        "ROLLCALL_OUTBOUND__ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
        "ROLLCALL_LOG__LEVEL": "error",
    }
    with contextlib.ExitStack() as all_of_them:
        urls = []
        for _ in range(2):
            command = running([binary, "serve"], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
            process = all_of_them.enter_context(command)
            urls.append(address_of(process))
            # The pipe is read on, so that the process can go on writing to it.
            threading.Thread(target=process.stdout.read, daemon=True).start()
        yield Gateways(urls, key)


def address_of(process: subprocess.Popen) -> str:
    """The URL that a gateway prints once it listens."""
    deadline = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(deadline - time.monotonic()):
            line = process.stdout.readline()
            if not line:
                raise Failure(f"a gateway ended with status {process.wait()}")
            _, found, url = line.partition("listening on ")
            if found:
                return url.strip()
    raise Failure(f"a gateway did not start within {PATIENCE} seconds")


# --- the product


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes every webhook."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


@contextlib.contextmanager
def receiver():
    """Gives the URL that webhooks are sent to."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hooks"
    finally:
        server.shutdown()


# --- what goes on all the time


@contextlib.contextmanager
def all_the_time(*work):
    """Calls each of these again and again until the `with` ends. What fails is raised at the end."""
    over = threading.Event()
    failures = []

    def repeat(once):
        try:
            while not over.is_set():
                once()
                over.wait(0.5)
        except Exception as failure:  # noqa: BLE001 (it is raised below)
            failures.append(failure)

    threads = [threading.Thread(target=repeat, args=[once]) for once in work]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


# --- Prometheus


class Prometheus:
    """A Prometheus that runs."""

    def __init__(self, url: str):
        self.url = url

    def get(self, path: str, **parameters):
        _, text = ask(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}")
        answer = json.loads(text)
        if answer["status"] != "success":
            raise Failure(f"Prometheus: {path} {parameters}: {answer['error']}")
        return answer["data"]

    def query(self, expression: str) -> list[float]:
        """The values of every series, now."""
        data = self.get("query", query=expression)
        if data["resultType"] == "scalar":
            return [float(data["result"][1])]
        return [float(series["value"][1]) for series in data["result"]]

    def rules(self) -> list[dict]:
        return [rule for group in self.get("rules")["groups"] for rule in group["rules"]]

    def alerts(self, state: str) -> list[dict]:
        return [alert["labels"] for alert in self.get("alerts")["alerts"] if alert["state"] == state]


@contextlib.contextmanager
def prometheus(top: pathlib.Path, folder: pathlib.Path, targets: list[str]):
    """With the settings and the rules of the repository; only where the targets are is another."""
    shipped = top / "deploy/prometheus"
    settings = yaml.safe_load((shipped / "prometheus.yml").read_text())
    settings["rule_files"] = [str(shipped / rules) for rules in settings["rule_files"]]
    (job,) = [job for job in settings["scrape_configs"] if job["job_name"] == "rollcall"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": targets}]
    settings["scrape_configs"] = [job]
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(settings))
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={path}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with running(command, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + PATIENCE
        while not is_ready(f"http://127.0.0.1:{port}"):
            if process.poll() is not None:
                raise Failure(f"Prometheus ended with status {process.returncode}")
            if time.monotonic() > deadline:
                raise Failure(f"Prometheus was not ready within {PATIENCE} seconds")
            time.sleep(0.2)
        yield Prometheus(f"http://127.0.0.1:{port}")


def is_ready(url: str) -> bool:
    try:
        return ask(f"{url}/-/ready")[0] == 200
    except OSError:
        return False
