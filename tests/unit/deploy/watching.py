"""What dashboard and rules look at, and what a process tells, in the same terms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

DEPLOY = Path(__file__).parents[3] / "deploy"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "sorterbot.json"
RULES = DEPLOY / "prometheus" / "rules.yml"

Watched = tuple[str, frozenset[str]]
"""A metric's name, and the labels that somebody selects it by or groups it by."""


def dashboard() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return document


def panels() -> list[dict[str, Any]]:
    """Return the dashboard's panels, rows included."""
    found: list[dict[str, Any]] = dashboard()["panels"]
    return found


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load(RULES.read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    """Return every PromQL expression, with the dashboard's own variables filled in."""
    asked = [target["expr"] for panel in panels() for target in panel.get("targets", ())]
    asked = [text.replace("$__rate_interval", "5m") for text in asked]
    return asked + [rule["expr"] for rule in rules()]


def names_and_labels(text: str) -> dict[str, frozenset[str]]:
    """Return what a process tells: each sample's name and labels."""
    return {
        sample.name: frozenset(sample.labels)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def watched_names() -> list[Watched]:
    """Return what all expressions select, but for what Prometheus itself adds."""
    return [
        (name, labels - FROM_PROMETHEUS)
        for expression in expressions()
        for name, labels in selected(expression)
        if name not in MADE_BY_PROMETHEUS
    ]


FROM_PROMETHEUS = frozenset({"job", "instance"})
MADE_BY_PROMETHEUS = frozenset({"up", "ALERTS"})


def selected(expression: str) -> Iterator[Watched]:
    """Yield what an expression selects, with the labels that it is selected and grouped by."""
    import promql_parser  # the tests that do without it need not have it

    yield from _walk(promql_parser.parse(expression), frozenset())


def _walk(part: Any, labels: frozenset[str]) -> Iterator[Watched]:
    if type(part).__name__ == "VectorSelector":
        yield part.name, labels | {matcher.name for matcher in part.matchers.matchers}
        return
    if type(part).__name__ == "AggregateExpr":
        labels |= _grouped_by(part.modifier)
    for inner in _parts(part):
        yield from _walk(inner, labels)


def _parts(part: Any) -> list[Any]:
    named = ("lhs", "rhs", "expr", "vector_selector")
    inner = [getattr(part, name) for name in named if hasattr(part, name)]
    return inner + list(getattr(part, "args", ()))


def _grouped_by(modifier: Any) -> frozenset[str]:
    is_by = modifier is not None and str(modifier.type).endswith("By")
    return frozenset(modifier.labels) if is_by else frozenset()
