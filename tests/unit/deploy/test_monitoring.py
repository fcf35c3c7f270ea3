"""Alerts and dashboard ask only for metrics, labels and values that the service shows, and every alert has its action in the documents."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.fixtures.application import UNREACHED
from tests.fixtures.deploying import DEPLOY, PROJECT, loaded, route_templates
from wondernest.app import create_app
from wondernest.platform.telemetry.exposition import UPTIME
from wondernest.settings import load_settings

MONITORING: Final = DEPLOY / "chart" / "monitoring"
RULES: Final = [rule for group in loaded(MONITORING / "rules.yaml")["groups"] for rule in group["rules"]]
TESTS: Final = loaded(DEPLOY / "monitoring" / "rules_test.yaml")["tests"]
DASHBOARD: Final = loaded(MONITORING / "dashboard.json")
OF_PROMETHEUS: Final = frozenset({"instance", "le"})
"""Labels that the scrape and histograms add."""
SELECTOR: Final = re.compile(r"(?P<name>wondernest_[a-z_]+)(?:\{(?P<matchers>[^}]*)\})?")
MATCHER: Final = re.compile(r'(?P<label>[a-z_]+)(?P<operator>=~|!~|!=|=)"(?P<value>[^"]*)"')
GROUPING: Final = re.compile(r"\bby \((?P<labels>[a-z_, ]+)\)")


OPTIONAL: Final = {
    "CLAMD_ADDRESS": "127.0.0.1:1",
    "PAYMENT_GATEWAY": "webhook",
    "PAYMENT_GATEWAY_URL": "http://127.0.0.1:1",
    "PAYMENT_GATEWAY_KEY": "key",
    "PAYMENT_WEBHOOK_SECRET": "secret",
}
"""What an installation may have besides: each of them shows metrics."""


class Shown:
    """The metrics of the whole service: the names of their samples with their labels, and labels' values that exist from the start."""

    def __init__(self) -> None:
        metrics = create_app(load_settings({**UNREACHED, **OPTIONAL}))._m.metrics
        self.labels: dict[str, set[str]] = {UPTIME: set()}
        self.values: dict[tuple[str, str], set[str]] = {}
        for collector in metrics.registry._collector_to_names:
            shown: Any = collector
            bare = shown._name in metrics.bare
            endings = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("" if bare else "_total",)}
            for ending in endings.get(shown._type, ("",)):
                self.labels[shown._name + ending] = {*shown._labelnames, *(["le"] if ending == "_bucket" else [])}
        for family in metrics.registry.collect():
            for sample in family.samples:
                name = family.name if family.name in metrics.bare else sample.name
                for label, value in sample.labels.items():
                    self.values.setdefault((name, label), set()).add(value)
        self.values["wondernest_http_requests_total", "path"] = route_templates()
        self.values["wondernest_http_request_duration_seconds_bucket", "path"] = route_templates()
        self.values["wondernest_http_requests_total", "status"] = {str(status) for status in range(200, 600)}
        self.values["wondernest_jobs_queue", "state"] = {"waiting", "dead"}  # set when the first queue is counted


SHOWN: Final = Shown()


def expressions() -> Iterator[tuple[str, str]]:
    """Every query, with where it stands."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]


EXPRESSIONS: Final = list(expressions())
by_place = pytest.mark.parametrize(("place", "query"), EXPRESSIONS, ids=[place for place, _ in EXPRESSIONS])


def problems(query: str) -> list[str]:
    """What a query asks for that the service does not show."""
    found: list[str] = []
    labels: set[str] = set()
    for selector in SELECTOR.finditer(query):
        name = selector["name"]
        if name not in SHOWN.labels:
            found.append(f"no metric {name}")
            continue
        labels |= SHOWN.labels[name]
        for matcher in MATCHER.finditer(selector["matchers"] or ""):
            label, value = matcher["label"], matcher["value"]
            if label not in {*SHOWN.labels[name], *OF_PROMETHEUS}:
                found.append(f"{name} has no label {label}")
            known = SHOWN.values.get((name, label))
            alternatives = value.split("|") if matcher["operator"] in {"=~", "!~"} else [re.escape(value)]
            if known:
                missing = [each for each in alternatives if not any(re.fullmatch(each, one) for one in known)]
                found += [f"{name} has no {label} {each}" for each in missing]
    for grouping in GROUPING.finditer(query):
        unknown = set(re.split(r", *", grouping["labels"])) - labels - OF_PROMETHEUS
        found += [f"nothing here has the label {label}" for label in sorted(unknown)]
    return found


@by_place
def test_a_query_asks_only_for_what_the_service_shows(place: str, query: str) -> None:
    assert SELECTOR.search(query), place
    assert problems(query) == []


@pytest.mark.parametrize(
    "query",
    [
        "sum(wondernest_http_request_total)",
        'wondernest_jobs_queue{status="dead"}',
        'wondernest_jobs_queue{state="died"}',
        'wondernest_dependency_failures_total{dependency=~"storage|tape"}',
        "sum by (reason) (wondernest_limited_requests_total)",
        'wondernest_http_requests_total{path=~"/api/v3/.*"}',
        "wondernest_auth_operations_total",
    ],
)
def test_a_wrong_name_label_or_value_is_found(query: str) -> None:
    assert problems(query) != []


def test_every_metric_of_the_service_but_details_is_on_the_dashboard_or_in_an_alert() -> None:
    asked = {selector["name"] for _, query in EXPRESSIONS for selector in SELECTOR.finditer(query)}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in SHOWN.labels}
    details = {"wondernest_upload_bytes_total", "wondernest_media_files_total", "wondernest_job_seconds"}
    assert families - {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked} <= details


def section(title: str) -> str:
    """A section of docs/operations.md."""
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    return page.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_alert_is_in_the_operators_table_with_what_to_do_and_no_other_is() -> None:
    rows = {line.split("`")[1]: line.split("|") for line in section("Alerts").splitlines() if line.startswith("| `")}
    assert set(rows) == {rule["alert"] for rule in RULES}
    assert all(len(cell.strip()) > 10 for row in rows.values() for cell in row[2:-1])


def test_the_operators_table_has_the_thresholds_of_the_rules() -> None:
    rows = {line.split("`")[1]: line for line in section("Alerts").splitlines() if line.startswith("| `")}
    for rule in RULES:
        threshold = re.search(r"> ([0-9.]+)$", rule["expr"].strip())
        if threshold and float(threshold[1]) > 0:
            assert threshold_text(rule["alert"], float(threshold[1])) in rows[rule["alert"]], rule["alert"]


def threshold_text(alert: str, number: float) -> str:
    """As the table writes it: shares in percent, everything else as it is."""
    share = alert in {"WondernestSavesRefused", "WondernestErrors", "WondernestTokensInvalid"}
    return f"{number * 100:g} %" if share else f"{number:g}"


def test_every_alert_says_how_urgent_it_is_and_where_its_action_is() -> None:
    for rule in RULES:
        assert rule["labels"] == {"severity": rule["labels"]["severity"]}
        assert rule["labels"]["severity"] in {"page", "ticket"}
        page, anchor = rule["annotations"]["action"].split("#")
        headings = re.findall(r"(?m)^## (.+)$", (PROJECT / page).read_text(encoding="utf-8"))
        assert anchor in {heading.lower().replace(" ", "-").replace(",", "") for heading in headings}
        assert rule["annotations"]["summary"]


def test_every_alert_is_tested_firing_and_silent() -> None:
    firing = {case["alertname"] for test in TESTS for case in test["alert_rule_test"] if case.get("exp_alerts")}
    silent = {case["alertname"] for test in TESTS for case in test["alert_rule_test"] if not case.get("exp_alerts")}
    assert firing == silent == {rule["alert"] for rule in RULES}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_the_rules_pass_their_own_tests(tmp_path: Path) -> None:
    for arguments in (["check", "rules", MONITORING / "rules.yaml"], ["test", "rules", "rules_test.yaml"]):
        done = subprocess.run(
            ["promtool", *arguments], cwd=DEPLOY / "monitoring", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboards_panels_have_titles_and_do_not_overlap() -> None:
    places: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        assert panel["title"]
        grid = panel["gridPos"]
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not cells & places, panel["title"]
        places |= cells
