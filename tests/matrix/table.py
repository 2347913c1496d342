"""The access table: read from `access.yaml`, checked for completeness against the URL map."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from flask import Flask

FILE = Path(__file__).with_name("access.yaml")
PEOPLE = ("anonymous", "owner", "staff", "owner_b", "member", "company_owner", "finance", "support", "admin")
TOKENS = (
    "token_studio",
    "token_studio_b",
    "token_company",
    "token_product",
    "token_finance",
    "token_support",
    "token_admin",
)
ROLES = (*PEOPLE, *TOKENS)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# What a cell may say: an exact status, or a word for a group of them.
WORDS = {"ok": "2xx", "login": "to /accedi", "factor": "to the second factor", "away": "3xx elsewhere", "in": "let in"}


class TableMistake(Exception):
    """The table says something that cannot be read; the message says where and what to write instead."""


@dataclass(frozen=True)
class Cell:
    """One role on its own object and on somebody else's."""

    own: str
    other: str


@dataclass(frozen=True)
class Row:
    """One route and method: how its path and body are filled, and what each role is answered."""

    method: str
    rule: str
    cells: Mapping[str, Cell]
    fill: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, Any] | None = None
    json: Any = None

    @property
    def name(self) -> str:
        """The route as the table writes it."""
        return f"{self.method} {self.rule}"

    @property
    def has_object(self) -> bool:
        """Whether the route speaks of an object, so that somebody else's is another question."""
        return bool(self.fill)


def read_table() -> list[Row]:
    """Every row of the table. Raises TableMistake."""
    raw = yaml.safe_load(FILE.read_text())
    patterns: dict[str, dict[str, Any]] = raw["patterns"]
    return [_row(name, told or {}, patterns) for name, told in raw["routes"].items()]


def _row(name: str, told: dict[str, Any], patterns: dict[str, dict[str, Any]]) -> Row:
    method, _, rule = name.partition(" ")
    unknown = set(told) - {"like", "fill", "query", "form", "json", *ROLES}
    if method not in METHODS or unknown:
        raise TableMistake(f"{name}: {method} is no method, or {sorted(unknown)} are no keys")
    if told.get("like") not in patterns:
        raise TableMistake(f"{name}: `like` must name one of {sorted(patterns)}")
    cells = patterns[told["like"]] | {role: told[role] for role in ROLES if role in told}
    if missing := [role for role in ROLES if role not in cells]:
        raise TableMistake(f"{name}: nothing is said of {missing}")
    return Row(
        method,
        rule,
        {role: _cell(name, str(cells[role])) for role in ROLES},
        told.get("fill", {}),
        told.get("query", {}),
        told.get("form"),
        told.get("json"),
    )


def _cell(name: str, text: str) -> Cell:
    """`ok/404` is own and other, `403` is both."""
    own, _, other = text.partition("/")
    for word in (own, other or own):
        if word not in WORDS and not word.isdigit():
            raise TableMistake(f"{name}: {word!r} is neither a status nor one of {sorted(WORDS)}")
    return Cell(own, other or own)


def routes_of(app: Flask) -> Iterator[tuple[str, str]]:
    """Every (method, rule) the application answers, without HEAD and OPTIONS."""
    for rule in app.url_map.iter_rules():
        for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"}):
            yield method, rule.rule


def rows_missing(app: Flask, rows: list[Row]) -> list[str]:
    """Routes without a row, each with what to add."""
    known = {(row.method, row.rule) for row in rows}
    return [
        f"{method} {rule}: add this line to tests/matrix/access.yaml with what each of {len(ROLES)} roles is answered"
        for method, rule in sorted(set(routes_of(app)))
        if (method, rule) not in known
    ]


def rows_stale(app: Flask, rows: list[Row]) -> list[str]:
    """Rows whose route the application no longer has."""
    known = set(routes_of(app))
    return [row.name for row in rows if (row.method, row.rule) not in known]
