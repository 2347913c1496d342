"""Plays one cell of the table: a role asks, the answer is put into the table's words, and everything is undone."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import Connection, text
from werkzeug.test import TestResponse

from foundation.database import Model, database
from tests.matrix.table import Row
from tests.matrix.world import Matrix
from tests.signing import csrf_token

# Written on every visit by design: who is signed in, and how often somebody tried.
COUNTERS = frozenset({"web_sessions", "throttle_counters"})
_PLACE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_WORD = re.compile(r"\{(\w+)\}")
_LET_IN = frozenset({"ok", "away", "400", "409", "412", "422"})


def connection_of(app: Flask) -> Connection:
    """The connection whose transaction the test's isolation rolls back."""
    with app.app_context():
        found = database.engines[None]
    assert isinstance(found, Connection)
    return found


@contextmanager
def undone(app: Flask) -> Iterator[None]:
    """Whatever happens inside leaves no trace."""
    savepoint = connection_of(app).begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def path_of(row: Row, words: Mapping[str, Any]) -> str:
    """The row's path with its places filled. Raises KeyError naming the place the table does not fill."""
    return _PLACE.sub(lambda found: str(filled(row.fill[found[1]], words)), row.rule)


def filled(value: Any, words: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever YAML holds
    """A value of the table with its `{words}` replaced, at any depth."""
    if isinstance(value, str):
        whole = _WORD.fullmatch(value)
        return words[whole[1]] if whole else _WORD.sub(lambda found: str(words[found[1]]), value)
    if isinstance(value, dict):
        return {name: filled(inner, words) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, words) for inner in value]
    return value


def send(matrix: Matrix, row: Row, role: str, whose: str, *, forged: bool = False) -> TestResponse:
    """Ask as a role; a form carries its token unless it is `forged`."""
    client, words = matrix.client(role), matrix.words(whose, role)
    headers = dict(matrix.headers.get(role, {}))
    options: dict[str, Any] = {"query_string": filled(dict(row.query), words)}
    if row.form is not None:
        token = {} if forged else {"csrf_token": csrf_token(client)}
        options["data"] = {**token, **filled(dict(row.form), words)}
    if row.json is not None:
        options["json"] = filled(row.json, words)
        headers["Idempotency-Key"] = f"{role}-{whose}-{row.name}".replace(" ", "-")[:200]
    answer = client.open(path_of(row, words), method=row.method, headers=headers, **options)
    answer.close()
    return answer


def in_words(answer: TestResponse) -> str:
    """An answer in the table's words."""
    if 300 <= answer.status_code < 400:
        location = answer.headers["Location"]
        if location.startswith("/accedi/verifica"):
            return "factor"
        return "login" if location.startswith("/accedi") else "away"
    return "ok" if answer.status_code < 300 else str(answer.status_code)


def agrees(said: str, expected: str) -> bool:
    """Whether an answer is what the table says."""
    return said in _LET_IN if expected == "in" else said == expected


def digest(app: Flask) -> dict[str, str]:
    """Every table's rows as one figure, without the counters of visits."""
    names = sorted(set(Model.metadata.tables) - COUNTERS)
    parts = (
        f"SELECT '{name}', count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {name} t"  # noqa: S608
        for name in names
    )
    rows = connection_of(app).execute(text(" UNION ALL ".join(parts)))
    return {str(row[0]): str(row[1]) for row in rows}
