"""One sqlite file: a commit comes before every answer, so a killed process forgets nothing said."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

_SCHEMA = """
CREATE TABLE IF NOT EXISTS companies (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'pending', 'failed')),
    reason TEXT,
    operation TEXT,
    received TEXT NOT NULL,
    current TEXT NOT NULL,
    search TEXT NOT NULL,
    created_at REAL NOT NULL,
    settled_at REAL
);
CREATE INDEX IF NOT EXISTS companies_by_id ON companies (id);
CREATE TABLE IF NOT EXISTS changes (
    number INTEGER PRIMARY KEY,
    company INTEGER NOT NULL REFERENCES companies,
    idempotency_key TEXT UNIQUE,
    digest TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS changes_by_company ON changes (company);
CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY,
    company_id TEXT,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    idempotency_key TEXT,
    message_id TEXT,
    received TEXT NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    answer TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS calls_by_company ON calls (company_id);
CREATE INDEX IF NOT EXISTS calls_by_key ON calls (idempotency_key);
CREATE TABLE IF NOT EXISTS callbacks (
    number INTEGER PRIMARY KEY,
    company INTEGER NOT NULL REFERENCES companies,
    message_id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    body BLOB NOT NULL,
    next_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    delivered_at REAL
);
CREATE INDEX IF NOT EXISTS callbacks_waiting ON callbacks (next_at) WHERE delivered_at IS NULL;
CREATE TABLE IF NOT EXISTS attempts (
    number INTEGER PRIMARY KEY,
    callback INTEGER NOT NULL REFERENCES callbacks,
    status INTEGER,
    detail TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_by_callback ON attempts (callback);
CREATE TABLE IF NOT EXISTS control (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Storage:
    """The single connection, lent to one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it and its tables where missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection inside one transaction: committed at the end, undone on an error."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; the storage is useless afterwards."""
        with self._lock:
            self._connection.close()
