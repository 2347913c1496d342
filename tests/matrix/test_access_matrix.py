"""S01, S14: every route, role, own and foreign object; no form without its token, no GET that writes."""

import pytest
from flask import Flask

from tests.conftest import Transact
from tests.matrix.play import agrees, digest, in_words, send, undone
from tests.matrix.table import ROLES, Row, read_table, rows_missing, rows_stale
from tests.matrix.world import Matrix, a_matrix

# Every route is run by a story of its own, where its lines are counted.
pytestmark = pytest.mark.sweep
ROWS = read_table()
FORMS = [row for row in ROWS if row.method != "GET" and not row.rule.startswith(("/api/", "/webhooks/"))]
READS = [row for row in ROWS if row.method == "GET"]


@pytest.fixture
def matrix(app: Flask, tx: Transact) -> Matrix:
    return a_matrix(app, tx)


def test_every_route_has_its_row(app: Flask) -> None:
    assert rows_missing(app, ROWS) == []
    assert rows_stale(app, ROWS) == []


def test_every_role_is_answered_what_the_table_says(app: Flask, matrix: Matrix) -> None:
    cells, wrong = 0, []
    for row in ROWS:
        for role in ROLES:
            for whose in ("own", "other") if row.has_object else ("own",):
                cells += 1
                expected = getattr(row.cells[role], whose)
                said = _played(app, matrix, row, role, whose)
                if not agrees(said, expected):
                    wrong.append(f"{row.name} as {role} on {whose}: {said}, not {expected}")
    print(f"routes={len(ROWS)} roles={len(ROLES)} cells={cells} wrong={len(wrong)}")
    assert not wrong, "\n".join(wrong)


def test_another_tenants_object_is_not_there_rather_than_forbidden() -> None:
    told = [
        f"{row.name} as {role}"
        for row in ROWS
        for role in ("owner", "staff", "owner_b", "token_studio", "token_studio_b")
        if row.cells[role].own not in {"403", "404", "401"} and row.cells[role].other == "403"
    ]
    assert told == []


def test_a_form_without_its_token_changes_nothing(app: Flask, matrix: Matrix) -> None:
    wrong, before = [], digest(app)
    for row in FORMS:
        with undone(app):
            status = send(matrix, row, _who_may(row), "own", forged=True).status_code
            if status not in {400, 403} or digest(app) != before:
                wrong.append(f"{row.name} without its token: {status}, or a row changed")
    print(f"forms={len(FORMS)} unprotected={len(wrong)}")
    assert not wrong, "\n".join(wrong)


def test_no_get_changes_a_row(app: Flask, matrix: Matrix) -> None:
    changed = []
    for row in READS:
        for role in dict.fromkeys(("anonymous", _who_may(row), "support")):
            with undone(app):
                before = digest(app)
                send(matrix, row, role, "own")
                after = digest(app)
            if after != before:
                tables = sorted(name for name in before if before[name] != after[name])
                changed.append(f"{row.name} as {role} wrote {tables}")
    print(f"routes={len(READS)} rows_changed_by_get={len(changed)}")
    assert not changed, "\n".join(changed)


def _played(app: Flask, matrix: Matrix, row: Row, role: str, whose: str) -> str:
    with undone(app):
        return in_words(send(matrix, row, role, whose))


def _who_may(row: Row) -> str:
    """A role that is let in on its own object."""
    inside = {"ok", "in", "away"}
    return next((role for role in ROLES if row.cells[role].own in inside), "owner")
