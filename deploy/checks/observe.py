"""Looks at what watches the gateway: rules, their tests, dashboards and runbooks.

    observe.py TOP QUERIES

TOP is the checkout. Every query of a dashboard is written to QUERIES as a recording rule, so that
`promtool check rules` can say whether it is one. Prints what is wrong, one line each, and ends with
1 if anything is: a metric, a label or a value of a label that the gateway does not have; an alert
without a runbook, without a test that sees it fire or without one that sees it keep still.

Expressions are taken apart by their names alone, which is enough to find the names.
"""

import json
import pathlib
import re
import sys

import yaml

from findings import expect, report


# What Prometheus adds.
TARGET = {"job", "instance"}
OTHERS = {"up": set()}
# Labels whose values are given by others.
FREE = TARGET | {"connection", "consumer", "quirk", "version", "le"}
WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
GROUPING = r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)"

def known_metrics(top: pathlib.Path) -> dict[str, set[str]]:
    """Names and labels of docs/metrics.md, which is made from the code, as a scrape shows them."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", (top / "docs/metrics.md").read_text(), re.M)
    metrics = dict(OTHERS)
    for name, kind, labels in rows:
        labels = set(re.findall(r"`(\w+)`", labels))
        if kind == "histogram":
            metrics |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
        else:
            metrics[name] = labels
    return metrics


def known_values(top: pathlib.Path) -> set[str]:
    """Every word that the code or a help text has for the value of a label."""
    words = re.findall(r'= "(\w+)"', (top / "crates/metrics/src/labels.rs").read_text())
    return {*words, *re.findall(r"`(\w+)`", (top / "docs/metrics.md").read_text())}


def check_expression(expression: str, metrics: dict[str, set[str]], values: set[str], where: str) -> None:
    used: set[str] = set()
    grouped: list[str] = re.findall(GROUPING, expression)
    rest = re.sub(GROUPING, " ", expression)
    for name, matchers in re.findall(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}", rest):
        labels = metrics.get(name, set()) | TARGET
        for label, value in re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"', matchers):
            expect(label in labels, f"{where}: {name} has no label {label}")
            if label not in FREE:
                for word in value.split("|"):
                    expect(word in values, f"{where}: {label} is never {word!r}")
    rest = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", rest)
    for name, call in re.findall(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(\s*\()?", rest):
        if not call and name not in WORDS:
            expect(name in metrics, f"{where}: there is no metric {name}")
            used |= metrics.get(name, set())
    for label in re.findall(r"\w+", " ".join(grouped)):
        expect(label in used | TARGET, f"{where}: nothing there has the label {label}")


# --- rules and their tests


def check_rules(top: pathlib.Path, metrics: dict[str, set[str]], values: set[str]) -> set[str]:
    """Returns the names of all alerts. What is recorded joins `metrics`."""
    rules = [
        (path.name, rule)
        for path in sorted((top / "deploy/prometheus/rules").glob("*.yml"))
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]
    for _, rule in rules:
        if "record" in rule:
            metrics[rule["record"]] = set(rule["record"].partition(":")[0].split("_")) - {"job"}
    alerts: set[str] = set()
    for path, rule in rules:
        name = rule.get("record") or rule["alert"]
        check_expression(rule["expr"], metrics, values, f"{path}: {name}")
        if "alert" in rule:
            expect(name not in alerts, f"{path}: {name} is there twice")
            alerts.add(name)
            check_alert(rule, f"{path}: {name}")
    expect(len(alerts) > 10, "there are no alerts")
    return alerts


def check_alert(rule: dict, where: str) -> None:
    said = rule["annotations"]
    expect(rule["labels"].get("severity") in ("critical", "warning"), f"{where}: no severity that is known")
    expect(bool(said.get("summary")), f"{where}: no summary")
    expect("$value" in said["description"] or "$labels" in said["description"], f"{where}: tells no value")
    expect(said["runbook_url"].endswith(f"/runbooks/{rule['alert']}.md"), f"{where}: another runbook")


def check_tests(top: pathlib.Path, alerts: set[str]) -> None:
    fires: set[str] = set()
    keeps_still: set[str] = set()
    for path in (top / "deploy/prometheus/tests").glob("*.yml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["promql_expr_test"]:
                alert = re.search(r'alertname="(\w+)"', case["expr"])[1]
                expect(alert in alerts, f"tests/{path.name}: there is no alert {alert}")
                (fires if case["exp_samples"] else keeps_still).add(alert)
    for alert in sorted(alerts):
        expect(alert in fires, f"tests: nothing shows that {alert} fires")
        expect(alert in keeps_still, f"tests: nothing shows that {alert} keeps still")


# --- runbooks


def check_runbooks(top: pathlib.Path, alerts: set[str]) -> None:
    folder = top / "docs/runbooks"
    pages = {path.stem for path in folder.glob("*.md")} - {"README"}
    index = set(re.findall(r"\]\((\w+)\.md\)", (folder / "README.md").read_text()))
    for alert in sorted(alerts | pages | index):
        expect(alert in alerts, f"runbooks/{alert}.md: there is no such alert")
        expect(alert in pages, f"{alert}: there is no docs/runbooks/{alert}.md")
        expect(alert in index, f"runbooks/README.md: {alert} is missing")
    for page in sorted(pages):
        text = (folder / f"{page}.md").read_text()
        expect(text.startswith(f"# {page}\n"), f"runbooks/{page}.md: another title")
        for heading in ("What it means", "See", "Do", "Over when"):
            expect(f"\n## {heading}\n" in text, f"runbooks/{page}.md: no section {heading!r}")
    for path in folder.glob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+\.md)", path.read_text()):
            expect((folder / link).is_file(), f"runbooks/{path.name}: there is no {link}")


# --- dashboards


def concrete(query: str) -> str:
    """A query as Grafana sends it."""
    query = query.replace("$__rate_interval", "1m")
    return re.sub(r"\$(job|instance|connection)\b", ".*", query)


def check_dashboards(
    top: pathlib.Path, metrics: dict[str, set[str]], values: set[str], alerts: set[str]
) -> list[str]:
    """Returns every query."""
    source = top / "deploy/grafana/provisioning/datasources/rollcall.yml"
    sources = {each["uid"] for each in yaml.safe_load(source.read_text())["datasources"]}
    ids: set[str] = set()
    queries: list[str] = []
    for path in sorted((top / "deploy/grafana/dashboards").glob("*.json")):
        board = json.loads(path.read_text())
        expect(board["uid"] not in ids, f"{path.name}: its uid is taken")
        ids.add(board["uid"])
        for uid in re.findall(r'"type": "prometheus",\s*"uid": "([^"]*)"', path.read_text()):
            expect(uid in sources, f"{path.name}: there is no data source {uid}")
        panels = [panel for panel in board["panels"] if panel["type"] != "row"]
        numbers = [panel["id"] for panel in board["panels"]]
        expect(len(numbers) == len(set(numbers)) > 0, f"{path.name}: panels share an id")
        for variable in board["templating"]["list"]:
            named = re.match(r"label_values\((\w+)", variable["definition"])[1]
            expect(named in metrics, f"{path.name}: there is no metric {named}")
        for panel in panels:
            where = f"{path.name}: {panel['title']}"
            expect("datasource" in panel, f"{where}: no data source")
            expect(bool(panel["description"]), f"{where}: says not what is normal")
            expect(bool(panel["fieldConfig"]["defaults"]["unit"]), f"{where}: no unit")
            for link in panel["links"]:
                expect(pathlib.PurePosixPath(link["url"]).stem in alerts, f"{where}: {link['url']} is no runbook")
            for target in panel["targets"]:
                query = concrete(target["expr"])
                expect("$" not in query, f"{where}: an unknown variable in {query}")
                check_expression(query, metrics, values, where)
                queries.append(query)
    expect(len(ids) > 0, "there are no dashboards")
    return queries


def main() -> int:
    top, queries_path = (pathlib.Path(each) for each in sys.argv[1:])
    metrics, values = known_metrics(top), known_values(top)
    alerts = check_rules(top, metrics, values)
    check_tests(top, alerts)
    check_runbooks(top, alerts)
    queries = check_dashboards(top, metrics, values, alerts)
    rules = [{"record": f"panel_{number}", "expr": query} for number, query in enumerate(queries)]
    queries_path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    return report(
        f"{len(alerts)} alerts, their tests and runbooks, and of {len(queries)} queries of dashboards"
    )


if __name__ == "__main__":
    sys.exit(main())
