"""The companies this program keeps: one per Idempotency-Key, with every change it was told."""

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.accounting.bodies import CHANGEABLE, Body, digest

State = Literal["ready", "pending", "failed"]
PAGE_SIZE = 25
_NEWEST = 2**62


@dataclass(frozen=True)
class Fate:
    """What becomes of a company: its state, why it failed, and the operation it waits for."""

    state: State
    reason: str | None = None
    operation: str | None = None


@dataclass(frozen=True)
class Company:
    """One company: `received` is what was first sent, `current` the same after the changes."""

    number: int
    id: str
    idempotency_key: str
    digest: str
    state: State
    reason: str | None
    operation: str | None
    received: Body
    current: Body
    created_at: float
    settled_at: float | None

    @property
    def remote_id(self) -> str:
        """The name this program gives to the company."""
        return f"KC-{self.number:06d}"


@dataclass(frozen=True)
class Change:
    """A change that was applied: the fields before and after."""

    idempotency_key: str | None
    digest: str
    before: Body
    after: Body
    at: float


@dataclass(frozen=True)
class Page:
    """Companies, newest first; `older` is the number to go on from, None at the end."""

    companies: list[Company]
    older: int | None


def _company(row: sqlite3.Row) -> Company:
    values = dict(row)
    del values["search"]
    values["received"] = json.loads(values["received"])
    values["current"] = json.loads(values["current"])
    return Company(**values)


def find_by_key(db: sqlite3.Connection, idempotency_key: str) -> Company | None:
    """Return the company that was created under this Idempotency-Key."""
    row = db.execute("SELECT * FROM companies WHERE idempotency_key = ?", (idempotency_key,)).fetchone()
    return _company(row) if row else None


def find(db: sqlite3.Connection, name: str) -> Company | None:
    """Return the company the shop calls `name`, or the one this program calls so."""
    row = db.execute("SELECT * FROM companies WHERE id = ? ORDER BY number LIMIT 1", (name,)).fetchone()
    number = name.removeprefix("KC-")
    if row is None and re.fullmatch("[0-9]{1,15}", number) and number != name:
        row = db.execute("SELECT * FROM companies WHERE number = ?", (int(number),)).fetchone()
    return _company(row) if row else None


def create(db: sqlite3.Connection, idempotency_key: str, body: Body, fate: Fate, now: float) -> Company:
    """Keep a new company, settled at once unless it is pending."""
    stored = json.dumps(body, ensure_ascii=False)
    settled_at = None if fate.state == "pending" else now
    row = db.execute(
        "INSERT INTO companies (id, idempotency_key, digest, state, reason, operation, received,"
        " current, search, created_at, settled_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            body["id"],
            idempotency_key,
            digest(body),
            fate.state,
            fate.reason,
            fate.operation,
            stored,
            stored,
            _searchable(body),
            now,
            settled_at,
        ),
    ).fetchone()
    return _company(row)


def settle(db: sqlite3.Connection, number: int, fate: Fate, now: float) -> None:
    """End the wait of a pending company; one that is settled stays as it is."""
    db.execute(
        "UPDATE companies SET state = ?, reason = ?, settled_at = ? WHERE number = ? AND state = 'pending'",
        (fate.state, fate.reason, now, number),
    )


def merged(company: Company, body: Body) -> Body:
    """Return what the company would be after the change."""
    return {**company.current, **{name: body[name] for name in CHANGEABLE if name in body}}


def change(db: sqlite3.Connection, company: Company, idempotency_key: str | None, body: Body, now: float) -> None:
    """Apply a checked change and remember the fields before and after."""
    after = {name: body[name] for name in CHANGEABLE if name in body}
    before = {name: company.current.get(name) for name in after}
    current = merged(company, body)
    db.execute(
        "UPDATE companies SET current = ?, search = ? WHERE number = ?",
        (json.dumps(current, ensure_ascii=False), _searchable(current), company.number),
    )
    db.execute(
        "INSERT INTO changes (company, idempotency_key, digest, before, after, at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            company.number,
            idempotency_key,
            _change_digest(company, body),
            json.dumps(before, ensure_ascii=False),
            json.dumps(after, ensure_ascii=False),
            now,
        ),
    )


def same_change(db: sqlite3.Connection, company: Company, key: str, body: Body) -> bool | None:
    """Say whether this key already made this very change; None when the key is new."""
    row = db.execute("SELECT digest FROM changes WHERE idempotency_key = ?", (key,)).fetchone()
    return None if row is None else row["digest"] == _change_digest(company, body)


def changes_of(db: sqlite3.Connection, number: int) -> list[Change]:
    """Return the changes of a company, oldest first."""
    rows = db.execute("SELECT * FROM changes WHERE company = ? ORDER BY number", (number,)).fetchall()
    return [
        Change(
            idempotency_key=row["idempotency_key"],
            digest=row["digest"],
            before=json.loads(row["before"]),
            after=json.loads(row["after"]),
            at=row["at"],
        )
        for row in rows
    ]


def search(db: sqlite3.Connection, words: str, before: int | None) -> Page:
    """Return a page of the companies that contain every word, newest first."""
    conditions = ["number < ?"]
    parameters: list[Any] = [_NEWEST if before is None else max(0, min(before, _NEWEST))]
    for word in words.casefold().split():
        conditions.append("instr(search, ?) > 0")
        parameters.append(word)
    rows = db.execute(
        f"SELECT * FROM companies WHERE {' AND '.join(conditions)}"  # noqa: S608 - fixed texts
        " ORDER BY number DESC LIMIT ?",
        (*parameters, PAGE_SIZE + 1),
    ).fetchall()
    found = [_company(row) for row in rows[:PAGE_SIZE]]
    return Page(found, found[-1].number if len(rows) > PAGE_SIZE else None)


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """Count the companies per state, and the shop's companies that were created more than once."""
    per_state = dict.fromkeys(("ready", "pending", "failed"), 0)
    for row in db.execute("SELECT state, count(*) AS n FROM companies GROUP BY state"):
        per_state[row["state"]] = row["n"]
    twice = db.execute(
        "SELECT count(*) AS n FROM (SELECT id FROM companies WHERE state <> 'failed' GROUP BY id HAVING count(*) > 1)"
    ).fetchone()
    return {**per_state, "created_twice": twice["n"]}


def _change_digest(company: Company, body: Body) -> str:
    return digest({"company": company.number, "body": body})


def _searchable(body: Mapping[str, Any]) -> str:
    company = body.get("company") or {}
    studio = body.get("linked_studio") or {}
    parts = (
        body.get("id"),
        company.get("name"),
        company.get("vat_number"),
        company.get("tax_code"),
        body.get("plan"),
        studio.get("id"),
        studio.get("name"),
    )
    return " ".join(str(part) for part in parts if part).casefold()
