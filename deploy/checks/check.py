"""Looks at the files of deploy/ and at docker-compose.yml for what no schema knows.

    check.py TOP COMPOSE RENDERED ...

TOP is the checkout, COMPOSE the compose file, and each RENDERED what `kubectl kustomize` made of one
folder of deploy/kubernetes. Prints what is wrong, one line each, and ends with 1 if anything is.
"""

import pathlib
import re
import sys
import tomllib

import yaml

from findings import expect, report


def known_settings(top: pathlib.Path) -> set[str]:
    """Every variable of docs/configuration.md, which is made from the code."""
    return set(re.findall(r"`(ROLLCALL_[A-Z0-9_]+)`", (top / "docs/configuration.md").read_text()))


def image_settings(top: pathlib.Path) -> set[str]:
    """The variables that every container has, whatever else it is given."""
    dockerfile = (top / "deploy/container/Dockerfile").read_text()
    return set(re.findall(r"(ROLLCALL_\w+)=", dockerfile))


def check_settings(names, settings: set[str], where: str, others: set[str] = frozenset()) -> None:
    """That each is a setting, and none is given as a text and as a file: a start would be refused."""
    given = {*names, *others}
    for name in given:
        expect(f"{name}_FILE" not in given, f"{where}: {name} is given twice, and as a file")
    for name in names:
        if name.startswith("ROLLCALL_"):
            expect(name in settings, f"{where}: there is no setting {name}")


def is_pinned(image: str) -> bool:
    """Whether an image is named by a version that says three numbers, or two, or by a digest."""
    if "@sha256:" in image:
        return True
    _, colon, tag = image.rpartition(":")
    return bool(colon) and "/" not in tag and re.match(r"v?\d+\.\d+", tag) is not None


# --- docker-compose.yml


def check_compose(top: pathlib.Path, path: pathlib.Path, settings: set[str]) -> None:
    of_image = image_settings(top)
    compose = yaml.safe_load(path.read_text())
    volumes, secrets = compose["volumes"], compose["secrets"]
    used_secrets, used_volumes = set(), set()
    for name, service in compose["services"].items():
        where = f"{path.name}: {name}"
        expect(is_pinned(service["image"]), f"{where}: {service['image']} is no fixed version")
        for port in service.get("ports", []):
            expect(port.startswith("127.0.0.1:"), f"{where}: {port} is open to others")
        check_settings(service.get("environment", {}), settings, where, of_image)
        check_secret_files(service, secrets, used_secrets, where)
        for mount in service.get("volumes", []):
            source, _, _ = mount.partition(":")
            if source.startswith("./"):
                expect((top / source).exists(), f"{where}: there is no {source}")
            else:
                used_volumes.add(source)
                expect(source in volumes, f"{where}: there is no volume {source}")
        for other, how in service.get("depends_on", {}).items():
            awaited = compose["services"].get(other, {})
            expect(bool(awaited), f"{where}: there is no service {other}")
            if how["condition"] == "service_healthy":
                expect("healthcheck" in awaited, f"{where}: {other} cannot be healthy")
    expect(used_secrets == set(secrets), f"{path.name}: secrets that nobody uses")
    expect(used_volumes == set(volumes), f"{path.name}: volumes that nobody uses")
    ignored = (top / ".gitignore").read_text().split()
    for name, secret in secrets.items():
        folder = "/" + str(pathlib.PurePosixPath(secret["file"]).parent)
        expect(folder in ignored, f"{path.name}: the secret {name} could be committed")


def check_secret_files(service: dict, secrets: dict, used: set[str], where: str) -> None:
    granted = set(service.get("secrets", []))
    used |= granted
    for secret in granted:
        expect(secret in secrets, f"{where}: there is no secret {secret}")
    read = set(re.findall(r"/run/secrets/(\w+)", str(service)))
    expect(read <= granted, f"{where}: reads {read - granted} without being granted it")
    for name, value in service.get("environment", {}).items():
        secretive = re.search(r"PASSWORD|SECRET|KEY|_URL$", name) and not name.endswith("_FILE")
        if secretive and name != "ROLLCALL_PUBLIC_URL":
            expect(False, f"{where}: {name} holds {value!r} in the open")


# --- Kubernetes


def matches(selector: dict, labels: dict) -> bool:
    wanted = selector.get("matchLabels", selector)
    return bool(wanted) and wanted.items() <= labels.items()


def check_rendered(path: pathlib.Path, settings: set[str], of_image: set[str]) -> None:
    objects = [each for each in yaml.safe_load_all(path.read_text()) if each]
    by_kind: dict[str, dict] = {}
    for each in objects:
        by_kind.setdefault(each["kind"], {})[each["metadata"]["name"]] = each
    where = f"kubernetes {path.stem}"
    expect("Secret" not in by_kind, f"{where}: a Secret is contained")
    for each in objects:
        if each["kind"] != "Namespace":
            name = f"{each['kind']}/{each['metadata']['name']}"
            expect(each["metadata"].get("namespace") in by_kind["Namespace"], f"{where}: {name} is in no namespace")
    for settings_map in by_kind.get("ConfigMap", {}).values():
        check_settings(settings_map["data"], settings, where, of_image)
    for deployment in by_kind["Deployment"].values():
        check_pods(deployment, by_kind, where)
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        for service in by_kind["Service"].values():
            expect(matches(service["spec"]["selector"], labels), f"{where}: the Service finds no pod")
        for budget in by_kind.get("PodDisruptionBudget", {}).values():
            expect(matches(budget["spec"]["selector"], labels), f"{where}: the budget finds no pod")
        for policy in by_kind.get("NetworkPolicy", {}).values():
            expect(matches(policy["spec"]["podSelector"], labels), f"{where}: the policy finds no pod")
    for scaler in by_kind.get("HorizontalPodAutoscaler", {}).values():
        target = scaler["spec"]["scaleTargetRef"]
        scaled = by_kind.get(target["kind"], {}).get(target["name"])
        expect(scaled is not None, f"{where}: the autoscaler scales nothing")
        expect("replicas" not in (scaled or {}).get("spec", {}), f"{where}: replicas are fixed and scaled")
    for ingress in by_kind.get("Ingress", {}).values():
        check_ingress(ingress, by_kind, where)


def check_ingress(ingress: dict, by_kind: dict, where: str) -> None:
    hosts = {host for tls in ingress["spec"]["tls"] for host in tls["hosts"]}
    public = [each["data"]["ROLLCALL_PUBLIC_URL"] for each in by_kind["ConfigMap"].values()]
    for rule in ingress["spec"]["rules"]:
        expect(rule["host"] in hosts, f"{where}: {rule['host']} is served without TLS")
        expect(f"https://{rule['host']}" in public, f"{where}: {rule['host']} is not the public URL")
        for route in rule["http"]["paths"]:
            backend = route["backend"]["service"]
            service = by_kind["Service"].get(backend["name"], {"spec": {"ports": []}})
            ports = {port["name"] for port in service["spec"]["ports"]}
            expect(backend["port"]["name"] in ports, f"{where}: the ingress leads nowhere")


def check_pods(deployment: dict, by_kind: dict, where: str) -> None:
    pod = deployment["spec"]["template"]["spec"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    expect(matches(deployment["spec"]["selector"], labels), f"{where}: the Deployment finds no pod")
    expect(pod["serviceAccountName"] in by_kind["ServiceAccount"], f"{where}: no such service account")
    expect(pod["securityContext"].get("runAsNonRoot") is True, f"{where}: pods may run as root")
    for spread in pod["topologySpreadConstraints"]:
        expect(matches(spread["labelSelector"], labels), f"{where}: the spread finds no pod")
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in pod["initContainers"] + pod["containers"]:
        name = f"{where}: {container['name']}"
        expect(is_pinned(container["image"]), f"{name}: {container['image']} is no fixed version")
        context = container["securityContext"]
        expect(context.get("readOnlyRootFilesystem") is True, f"{name}: the root can be written to")
        expect(context.get("allowPrivilegeEscalation") is False, f"{name}: rights can grow")
        expect(context.get("capabilities") == {"drop": ["ALL"]}, f"{name}: capabilities are kept")
        expect("memory" in container["resources"]["limits"], f"{name}: no limit of memory")
        for mount in container["volumeMounts"]:
            expect(mount["name"] in volumes, f"{name}: there is no volume {mount['name']}")
        for source in container["envFrom"]:
            known = source["configMapRef"]["name"] in by_kind["ConfigMap"]
            expect(known, f"{name}: there is no ConfigMap {source['configMapRef']['name']}")
        ports = {port["name"] for port in container.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if container in pod["containers"]:
                expect(container[probe]["httpGet"]["port"] in ports, f"{name}: {probe} asks nobody")
    check_drain(pod, where)


def check_drain(pod: dict, where: str) -> None:
    """Before SIGKILL there must be time for `preStop`, and for requests under way after it."""
    sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = 30  # the default of limits.shutdown_timeout_seconds
    grace = pod["terminationGracePeriodSeconds"]
    expect(grace >= sleep + drain + 5, f"{where}: {grace} seconds are too few to stop in")


# --- everything else


def check_versions(top: pathlib.Path) -> None:
    """What is said in two places is said alike."""
    version = re.search(r'^version = "(.+)"', (top / "Cargo.toml").read_text(), re.M)[1]
    rust = re.search(r'channel = "(.+)"', (top / "rust-toolchain.toml").read_text())[1]
    dockerfile = (top / "deploy/container/Dockerfile").read_text()
    expect(f"FROM rust:{rust}-" in dockerfile, "Dockerfile: another Rust than rust-toolchain.toml")
    expect(f"RUSTUP_TOOLCHAIN={rust}\n" in dockerfile, "Dockerfile: another RUSTUP_TOOLCHAIN")
    for path in ("docker-compose.yml", "deploy/container/Dockerfile"):
        named = set(re.findall(r"rollcall:(\d[\w.]*)", (top / path).read_text()))
        expect(named == {version}, f"{path}: the version is {version} and not {named}")
    base = (top / "deploy/kubernetes/base/kustomization.yaml").read_text()
    expect(f"newTag: {version}\n" in base, f"kubernetes: the version is {version}")


def check_build_context(top: pathlib.Path) -> None:
    """Every member of the workspace gets into the build of the image: cargo refuses to do without."""
    allowed = re.findall(r"^!/(.+)$", (top / ".dockerignore").read_text(), re.M)
    workspace = tomllib.loads((top / "Cargo.toml").read_text())["workspace"]
    for member in [each for glob in workspace["members"] for each in top.glob(glob)]:
        path = member.relative_to(top).as_posix()
        sent = any(path == each or path.startswith(each + "/") for each in allowed)
        expect(sent, f".dockerignore: keeps {path} from the build")
    for each in allowed:
        expect((top / each).exists(), f".dockerignore: there is no {each}")


def check_settings_files(top: pathlib.Path, settings: set[str]) -> None:
    environment = (top / "deploy/systemd/rollcall.env").read_text()
    check_settings(re.findall(r"^#?(\w+)=", environment, re.M), settings, "rollcall.env")
    check_settings(image_settings(top), settings, "Dockerfile")
    for path in ("prometheus/prometheus.yml", "otel/collector.yml"):
        expect(bool(yaml.safe_load((top / "deploy" / path).read_text())), f"{path} is empty")
    for path in (top / "deploy/grafana/provisioning").rglob("*.yml"):
        provision = yaml.safe_load(path.read_text())
        expect(provision.get("apiVersion") == 1, f"{path.name}: apiVersion is not 1")
        for provider in provision.get("providers", []):
            folder = provider["options"]["path"]
            mounted = f":{folder}:ro" in (top / "docker-compose.yml").read_text()
            expect(mounted, f"{path.name}: nothing is mounted at {folder}")


def main() -> int:
    top, compose, *rendered = (pathlib.Path(each) for each in sys.argv[1:])
    settings = known_settings(top)
    check_compose(top, compose, settings)
    for path in rendered:
        check_rendered(path, settings, image_settings(top))
    check_versions(top)
    check_build_context(top)
    check_settings_files(top, settings)
    return report("deploy/")


if __name__ == "__main__":
    sys.exit(main())
