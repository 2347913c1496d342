"""Sabotage: at the n-th statement the database refuses as it would after a deadlock, or hangs up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import event

from foundation.database import database

_REFUSE = "DO $$ BEGIN RAISE EXCEPTION 'sabotage' USING ERRCODE = '{}'; END $$"
# What replaces the statement: the server says so itself, so that the transaction is in the state it would be in.
KINDS = {
    "deadlock": _REFUSE.format("40P01"),
    "serialization": _REFUSE.format("40001"),
    "terminated": "SELECT pg_terminate_backend(pg_backend_pid())",
}


@dataclass
class Sabotage:
    """Counts statements; the `at`-th becomes `statement`, once."""

    at: int = 0
    statement: str = ""
    count: int = 0

    def listen(
        self, _connection: object, _cursor: object, statement: str, parameters: object, *_more: object
    ) -> tuple[str, object]:
        """Called before every statement."""
        self.count += 1
        return (self.statement, ()) if self.count == self.at else (statement, parameters)


@contextmanager
def sabotaged(app: Flask, at: int = 0, kind: str = "deadlock") -> Iterator[Sabotage]:
    """Count the statements of the block and refuse the `at`-th of them (none: 0)."""
    found = Sabotage(at, KINDS[kind])
    with app.app_context():
        engine = database.engine
    event.listen(engine, "before_cursor_execute", found.listen, retval=True)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", found.listen)
