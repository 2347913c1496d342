"""The letters that were delivered, in one sqlite file; each is committed before it is acknowledged."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from sandbox.mailbox.contents import read

PAGE_SIZE = 25
_NEWEST = 2**62
_SCHEMA = """
CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT UNIQUE,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    search TEXT NOT NULL,
    raw BLOB NOT NULL,
    digest TEXT NOT NULL,
    copies INTEGER NOT NULL DEFAULT 1,
    changed_copies INTEGER NOT NULL DEFAULT 0,
    received_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS recipients (
    letter INTEGER NOT NULL REFERENCES letters,
    address TEXT NOT NULL,
    PRIMARY KEY (address, letter)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recipients_by_letter ON recipients (letter);
CREATE TABLE IF NOT EXISTS control (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Letter:
    """One letter, however often it was delivered.

    `copies` counts the deliveries under its Message-ID; `changed_copies` how many of them carried
    another content than the first, which is the one that is kept.
    """

    number: int
    message_id: str | None
    sender: str
    subject: str
    recipients: list[str]
    raw: bytes
    copies: int
    changed_copies: int
    received_at: float


@dataclass(frozen=True)
class Page:
    """Letters, newest first; `older` is the number to go on from, None at the end."""

    letters: list[Letter]
    older: int | None


class Letters:
    """The file, lent to one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it and its tables where missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def keep(self, sender: str, recipients: list[str], raw: bytes, now: float) -> None:
        """Keep a delivery: a new letter, or one more copy of the letter with the same Message-ID."""
        contents = read(raw)
        search = " ".join((sender, *recipients, contents.subject, contents.text)).casefold()
        with self._transaction() as db:
            row = db.execute(
                "INSERT INTO letters (message_id, sender, subject, search, raw, digest, received_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (message_id) DO UPDATE SET copies = copies + 1,"
                " changed_copies = changed_copies + (digest <> excluded.digest)"
                " RETURNING number",
                (contents.message_id, sender, contents.subject, search, raw, contents.digest, now),
            ).fetchone()
            db.executemany(
                "INSERT OR IGNORE INTO recipients VALUES (?, ?)",
                [(row["number"], address.lower()) for address in recipients],
            )

    def find(self, number: int) -> Letter | None:
        """Return one letter."""
        with self._transaction() as db:
            row = db.execute("SELECT * FROM letters WHERE number = ?", (min(number, _NEWEST),)).fetchone()
            return _letter(db, row) if row else None

    def search(self, words: str = "", to: str = "", before: int | None = None, limit: int = PAGE_SIZE) -> Page:
        """Return a page of the letters to this address that contain every word, newest first."""
        conditions = ["number < ?"]
        values: list[Any] = [_NEWEST if before is None else max(0, min(before, _NEWEST))]
        if to:
            conditions.append("number IN (SELECT letter FROM recipients WHERE address = ?)")
            values.append(to.strip().lower())
        for word in words.casefold().split():
            conditions.append("instr(search, ?) > 0")
            values.append(word)
        with self._transaction() as db:
            rows = db.execute(
                f"SELECT * FROM letters WHERE {' AND '.join(conditions)}"  # noqa: S608 - fixed texts
                " ORDER BY number DESC LIMIT ?",
                (*values, limit + 1),
            ).fetchall()
            found = [_letter(db, row) for row in rows[:limit]]
        return Page(found, found[-1].number if len(rows) > limit else None)

    def addresses(self) -> list[str]:
        """Return everybody who ever received a letter, for the filter."""
        with self._transaction() as db:
            rows = db.execute("SELECT DISTINCT address FROM recipients ORDER BY address LIMIT 500").fetchall()
            return [row["address"] for row in rows]

    def count(self) -> int:
        """Count the letters."""
        with self._transaction() as db:
            return int(db.execute("SELECT count(*) AS n FROM letters").fetchone()["n"])

    def clear(self) -> None:
        """Throw all letters away."""
        with self._transaction() as db:
            db.execute("DELETE FROM recipients")
            db.execute("DELETE FROM letters")

    def order(self, name: str, value: object) -> None:
        """Keep an order of `/_control`, so that it outlives a restart."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO control VALUES (?, ?)", (name, json.dumps(value)))

    def orders(self) -> dict[str, Any]:
        """Return the orders that were kept."""
        with self._transaction() as db:
            return {row["name"]: json.loads(row["value"]) for row in db.execute("SELECT * FROM control")}

    def close(self) -> None:
        """Close the file; nothing works afterwards."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _letter(db: sqlite3.Connection, row: sqlite3.Row) -> Letter:
    recipients = db.execute("SELECT address FROM recipients WHERE letter = ? ORDER BY address", (row["number"],))
    return Letter(
        number=row["number"],
        message_id=row["message_id"],
        sender=row["sender"],
        subject=row["subject"],
        recipients=[one["address"] for one in recipients],
        raw=row["raw"],
        copies=row["copies"],
        changed_copies=row["changed_copies"],
        received_at=row["received_at"],
    )
