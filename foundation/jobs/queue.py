"""`defer`: the job is a row of the transaction that caused it (house rule 3).

Jobs are put into Procrastinate's table on the session's connection, as its own function would: a web process needs
nothing else of the engine, and pays neither for importing it nor for the way through its library.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import Executor
from foundation.driver_statements import directly
from foundation.jobs.registry import JobUnknown, registered_jobs

QUEUE = "gettone"

_DEFER = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, scheduled_at) VALUES"
    " (:queue, :name, :lock, CAST(:arguments AS jsonb), :scheduled_at) RETURNING id"
)
_STORE_AND_DEFER = """
    WITH made AS ({store} RETURNING id)
    INSERT INTO procrastinate_jobs (queue_name, task_name, args)
    SELECT '{queue}', '{name}', jsonb_build_object('{argument}', id) FROM made RETURNING id
"""


def defer(
    session: Session, name: str, *, lock: str | None = None, after: timedelta | None = None, **arguments: object
) -> int:
    """Queue the job `name` on the session's own connection; answers its number.

    `lock` runs jobs of one lock one after the other; `after` delays in real time (back-off only: business time uses
    due rows). Raises JobUnknown for a name nobody registered.
    """
    _refuse_unknown(name)
    values = {
        "queue": QUEUE,
        "name": name,
        "lock": lock,
        "arguments": json.dumps(arguments),
        "scheduled_at": clock.real_now() + after if after else None,
    }
    return int(directly(session, _DEFER, values).scalar_one())


def store_and_defer(executor: Executor, store: str, values: Mapping[str, object], name: str, argument: str) -> bool:
    """Store a row and queue the job that is for it, in one statement; answers False when the row was there before.

    `store` is an INSERT of at most one row with an `id`, which the job gets as `argument`. Raises JobUnknown.
    """
    _refuse_unknown(name)
    return directly(executor, _stored_and_deferred(store, name, argument), values).first() is not None


@cache
def _stored_and_deferred(store: str, name: str, argument: str) -> TextClause:
    """The statement, made once for each job: names are the program's own words and need no binding."""
    return text(_STORE_AND_DEFER.format(store=store, queue=QUEUE, name=name, argument=argument))


def _refuse_unknown(name: str) -> None:
    if name not in registered_jobs():
        raise JobUnknown(name)


def run_soon(session: Session, name: str, **arguments: object) -> bool:
    """Let a job that waits, for its back-off or its turn, run now; answers False when none waits.

    One that runs does not count: it may have looked before this transaction's rows could be seen. Whoever then queues
    another gives it the lock of the first, so that it comes after it.
    """
    session.flush()
    found = session.execute(
        text(
            "UPDATE procrastinate_jobs SET scheduled_at = NULL"
            " WHERE task_name = :name AND args = CAST(:arguments AS jsonb) AND status = 'todo' RETURNING id"
        ),
        {"name": name, "arguments": json.dumps(arguments)},
    )
    return found.first() is not None
