"""What the dashboards are put together from: panels, rows of them, and the frame around.

JSON of Grafana's last schema of this kind (42), which versions 12 and 13 read as it is.
"""

RUNBOOKS = "https://docs.example.com/rollcall/runbooks"
SOURCE = {"type": "prometheus", "uid": "prometheus"}
GREEN, ORANGE, RED = "green", "orange", "red"
WIDTH = 24

# Every query looks at the replicas that are chosen at the top.
CHOSEN = 'job=~"$job",instance=~"$instance"'


def of(metric: str, labels: str = "") -> str:
    """A metric of the replicas that are chosen."""
    return f"{metric}{{{CHOSEN}{',' + labels if labels else ''}}}"


def rate(metric: str, labels: str = "") -> str:
    return f"rate({of(metric, labels)}[$__rate_interval])"


def quantile(share: float, histogram: str, by: str = "") -> str:
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) ({rate(histogram + '_bucket')}))"


class Panel:
    """One panel: `queries` are pairs of an expression and the legend of its series."""

    def __init__(self, title, description, queries, unit="short", *, limits=(), stat=False,
                 stacked=False, width=8, height=8, runbooks=()):
        self.title, self.description, self.queries = title, description, queries
        self.unit, self.limits, self.stat, self.stacked = unit, limits, stat, stacked
        self.width, self.height, self.runbooks = width, height, runbooks

    def json(self, number: int, x: int, y: int) -> dict:
        steps = [{"color": GREEN, "value": None}]
        steps += [{"color": color, "value": value} for value, color in self.limits]
        custom = {} if self.stat else {
            "drawStyle": "line",
            "fillOpacity": 25 if self.stacked else 8,
            "lineWidth": 1,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"group": "A", "mode": "normal" if self.stacked else "none"},
            "thresholdsStyle": {"mode": "dashed" if self.limits else "off"},
        }
        return {
            "id": number,
            "type": "stat" if self.stat else "timeseries",
            "title": self.title,
            "description": self.description,
            "datasource": SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "links": [
                {"title": alert, "url": f"{RUNBOOKS}/{alert}.md", "targetBlank": True}
                for alert in self.runbooks
            ],
            "fieldConfig": {
                "defaults": {
                    "unit": self.unit,
                    "min": 0,
                    "color": {"mode": "thresholds" if self.stat else "palette-classic"},
                    "thresholds": {"mode": "absolute", "steps": steps},
                    "custom": custom,
                },
                "overrides": [],
            },
            "options": STAT_OPTIONS if self.stat else SERIES_OPTIONS,
            "targets": [
                {
                    "refId": chr(ord("A") + index),
                    "datasource": SOURCE,
                    "editorMode": "code",
                    "expr": expression,
                    "legendFormat": legend,
                    "range": not self.stat,
                    "instant": self.stat,
                }
                for index, (expression, legend) in enumerate(self.queries)
            ],
        }


STAT_OPTIONS = {
    "colorMode": "value",
    "graphMode": "none",
    "justifyMode": "auto",
    "orientation": "auto",
    "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    "textMode": "auto",
}
SERIES_OPTIONS = {
    "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
    "tooltip": {"mode": "multi", "sort": "desc"},
}


def stat(title, description, query, unit="short", **more) -> Panel:
    return Panel(title, description, [(query, "")], unit, stat=True, width=4, height=4, **more)


def variable(name: str, query: str, label: str) -> dict:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "definition": query,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "options": [],
        "regex": "",
        "hide": 0,
    }


def dashboard(uid: str, title: str, description: str, rows: list, variables: list = ()) -> dict:
    """`rows` are pairs of a heading and its panels, which are laid out from left to right. `variables`
    are chosen at the top beside the replicas."""
    panels, y = [], 0
    for heading, contents in rows:
        panels.append({
            "id": len(panels) + 1, "type": "row", "title": heading, "collapsed": False, "panels": [],
            "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1},
        })
        x, y = 0, y + 1
        tallest = 0
        for panel in contents:
            if x + panel.width > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            panels.append(panel.json(len(panels) + 1, x, y))
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["rollcall"],
        "schemaVersion": 42,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "fiscalYearStartMonth": 0,
        "annotations": {"list": []},
        "links": [
            {"type": "dashboards", "title": "Rollcall", "tags": ["rollcall"], "asDropdown": False,
             "includeVars": True, "keepTime": True, "targetBlank": False, "icon": "external link", "url": ""},
            {"type": "link", "title": "Runbooks", "tags": [], "asDropdown": False, "includeVars": False,
             "keepTime": False, "targetBlank": True, "icon": "doc", "url": f"{RUNBOOKS}/README.md"},
        ],
        "templating": {"list": [
            variable("job", "label_values(rollcall_build_info, job)", "Job"),
            variable("instance", 'label_values(rollcall_build_info{job=~"$job"}, instance)', "Replica"),
            *variables,
        ]},
        "panels": panels,
    }
