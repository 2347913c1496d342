"""All state of the simulator in one SQLite file, written before anything is answered."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sandbox.stripe.jsons import Json

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_status ON objects (kind, json_extract(body, '$.status'));
CREATE INDEX IF NOT EXISTS objects_intent ON objects (json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS objects_charge ON objects (json_extract(body, '$.charge'));
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body BLOB NOT NULL, request_id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL, kind TEXT NOT NULL,
    first_at REAL NOT NULL, due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending'
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_at);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery INTEGER NOT NULL, at REAL NOT NULL, status INTEGER, detail TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_delivery ON attempts (delivery);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """One connection behind one lock: a small program, and an order of events that is certain."""

    def __init__(self, path: str) -> None:
        """Open or create the file; ``:memory:`` keeps everything in this process."""
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file. Everything committed is already in it."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all writes of the block or none of them; inner blocks join the outermost one."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def put(self, body: Json, note: Json | None = None) -> None:
        """Write an object under its id; ``note`` is what Stripe knows but does not show."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO objects (id, kind, created, body, note) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET body = excluded.body,"
                " note = CASE WHEN ? THEN objects.note ELSE excluded.note END",
                (
                    body["id"],
                    body["object"],
                    body["created"],
                    json.dumps(body),
                    json.dumps(note or {}),
                    note is None,
                ),
            )

    def find(self, identifier: str, kind: str | None = None) -> Json | None:
        """Return the object with that id, or None when there is none of that kind."""
        rows = self.rows("SELECT kind, body FROM objects WHERE id = ?", (identifier,))
        if not rows or (kind is not None and rows[0]["kind"] != kind):
            return None
        body: Json = json.loads(rows[0]["body"])
        return body

    def get(self, identifier: str) -> Json:
        """Return an object that is known to exist; KeyError when it does not."""
        body = self.find(identifier)
        if body is None:
            raise KeyError(identifier)
        return body

    def note(self, identifier: str) -> Json:
        """Return what is remembered about an object besides its public body."""
        rows = self.rows("SELECT note FROM objects WHERE id = ?", (identifier,))
        note: Json = json.loads(rows[0]["note"]) if rows else {}
        return note

    def select(self, kind: str, where: Mapping[str, Any] | None = None, *, limit: int = 1000) -> list[Json]:
        """Return the newest objects of a kind whose body fields equal the given values."""
        clauses, values = ["kind = ?"], [kind]
        for field, value in (where or {}).items():
            clauses.append(f"json_extract(body, '$.{field}') = ?")
            values.append(value)
        found = self.rows(
            f"SELECT body FROM objects WHERE {' AND '.join(clauses)} ORDER BY seq DESC LIMIT ?",  # noqa: S608 - our own fields
            (*values, limit),
        )
        return [json.loads(row["body"]) for row in found]

    def setting(self, name: str, default: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return a stored setting, or the default."""
        rows = self.rows("SELECT value FROM settings WHERE name = ?", (name,))
        return json.loads(rows[0]["value"]) if rows else default

    def keep_setting(self, name: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Store a setting so that it outlives the process."""
        self.rows(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )
