"""Every call that arrived, and what was answered, for the pages and for whoever asks later."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_BODY = 20_000


@dataclass(frozen=True)
class Call:
    """A call as it came in."""

    method: str
    path: str
    idempotency_key: str | None
    message_id: str | None
    received: str
    at: float
    company_id: str | None = None


@dataclass(frozen=True)
class AnsweredCall:
    """A call and its answer; `status` is None when the caller heard nothing."""

    call: Call
    outcome: str
    status: int | None
    answer: str


def write(
    db: sqlite3.Connection,
    call: Call,
    outcome: str,
    status: int | None,
    answer: Mapping[str, Any],
) -> None:
    """Note a call and its answer; very long bodies are cut, they are only to be looked at."""
    db.execute(
        "INSERT INTO calls (company_id, method, path, idempotency_key, message_id, received,"
        " outcome, status, answer, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            call.company_id,
            call.method,
            call.path,
            call.idempotency_key,
            call.message_id,
            call.received[:LONGEST_BODY],
            outcome,
            status,
            json.dumps(answer, ensure_ascii=False),
            call.at,
        ),
    )


def attempts_with(db: sqlite3.Connection, idempotency_key: str) -> int:
    """Count the earlier calls that carried this key."""
    row = db.execute("SELECT count(*) AS n FROM calls WHERE idempotency_key = ?", (idempotency_key,)).fetchone()
    return int(row["n"])


def calls_of(db: sqlite3.Connection, company_id: str) -> list[AnsweredCall]:
    """Return the calls about one company of the shop, oldest first."""
    rows = db.execute("SELECT * FROM calls WHERE company_id = ? ORDER BY number", (company_id,)).fetchall()
    return [_answered(row) for row in rows]


def latest(db: sqlite3.Connection, how_many: int) -> list[AnsweredCall]:
    """Return the last calls of all, newest first."""
    rows = db.execute("SELECT * FROM calls ORDER BY number DESC LIMIT ?", (how_many,)).fetchall()
    return [_answered(row) for row in rows]


def _answered(row: sqlite3.Row) -> AnsweredCall:
    call = Call(
        method=row["method"],
        path=row["path"],
        idempotency_key=row["idempotency_key"],
        message_id=row["message_id"],
        received=row["received"],
        at=row["at"],
        company_id=row["company_id"],
    )
    return AnsweredCall(call, row["outcome"], row["status"], row["answer"])
