"""`defer`: the job is a row of the transaction that caused it (house rule 3)."""

import json
from datetime import timedelta
from functools import cache

import procrastinate
from procrastinate.types import JSONValue
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation import clock
from foundation.jobs.registry import JobUnknown, registered_jobs

QUEUE = "gettone"


@cache
def _producer() -> procrastinate.App:
    """The producing half of Procrastinate; it never opens a connection of its own, it writes on the caller's."""
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def defer(
    session: Session, name: str, *, lock: str | None = None, after: timedelta | None = None, **arguments: JSONValue
) -> int:
    """Queue the job `name` on the session's own connection; answers its number.

    `lock` runs jobs of one lock one after the other; `after` delays in real time (back-off only: business time uses
    due rows). Raises JobUnknown for a name nobody registered.
    """
    if name not in registered_jobs():
        raise JobUnknown(name)
    connection = session.connection().connection.driver_connection
    session.flush()
    scheduled_at = clock.real_now() + after if after else None
    return (
        _producer()
        .configure_task(name, queue=QUEUE, lock=lock, schedule_at=scheduled_at, connection=connection)
        .defer(**arguments)
    )


def run_soon(session: Session, name: str, **arguments: JSONValue) -> bool:
    """Let a job that waits for its back-off run now; answers False when no such job waits or runs."""
    session.flush()
    found = session.execute(
        text(
            "UPDATE procrastinate_jobs"
            " SET scheduled_at = CASE status WHEN 'todo' THEN NULL ELSE scheduled_at END"
            " WHERE task_name = :name AND args = CAST(:arguments AS jsonb) AND status IN ('todo', 'doing')"
            " RETURNING id"
        ),
        {"name": name, "arguments": json.dumps(arguments)},
    )
    return found.first() is not None
