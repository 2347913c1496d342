"""What a person at the desk sees of the jobs: how many wait, which due rows fail, and how one is tried again."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from foundation import clock
from foundation.jobs.due import DueRow
from foundation.jobs.failures import JobFailure

FAILS_TIME_AFTER_TIME = 5
_LATE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class JobCounts:
    """Jobs ready to run, waiting for a back-off, running, and dead."""

    ready: int
    waiting: int
    running: int
    dead: int


def count_jobs(session: Session) -> JobCounts:
    """How the queue stands, in real time."""
    row = session.execute(
        text(
            "SELECT count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),"
            " count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()),"
            " count(*) FILTER (WHERE status = 'doing'), count(*) FILTER (WHERE status = 'failed')"
            " FROM procrastinate_jobs"
        )
    ).one()
    return JobCounts(*row)


def late_jobs(session: Session) -> int:
    """Jobs that could have run for over five minutes and did not: nobody works, or too few do.

    One that stands behind another of its lock could not.
    """
    query = text(
        "SELECT count(*) FROM procrastinate_jobs job WHERE status = 'todo' AND queued_at < now() - interval '5 min'"
        " AND (scheduled_at IS NULL OR scheduled_at < now() - interval '5 min')"
        " AND NOT EXISTS (SELECT FROM procrastinate_jobs before WHERE before.lock = job.lock AND before.id < job.id"
        " AND before.status IN ('todo', 'doing'))"
    )
    return int(session.execute(query).scalar_one())


def failing_jobs(session: Session) -> tuple[int, str]:
    """How many jobs have failed time after time and are tried on, and what the last of them says (empty for none).

    A letter that cannot be opened is tried for weeks; a person hears of it long before it gives up.
    """
    query = text(
        "SELECT j.task_name, max(f.id) AS last, count(*) OVER () AS jobs"
        " FROM procrastinate_jobs j JOIN job_failures f ON f.job_id = j.id"
        " WHERE j.status IN ('todo', 'doing') GROUP BY j.id HAVING count(*) >= :tries ORDER BY last DESC LIMIT 1"
    )
    found = session.execute(query, {"tries": FAILS_TIME_AFTER_TIME}).one_or_none()
    if found is None:
        return 0, ""
    return found.jobs, f"{found.task_name}: {session.get_one(JobFailure, found.last).error}"


def jobs_put_off(session: Session) -> tuple[int, str]:
    """How many jobs have been put off again and again for over a day, and the name of the oldest (empty for none)."""
    query = text(
        "SELECT task_name, count(*) OVER () AS jobs FROM procrastinate_jobs WHERE status = 'todo'"
        " AND attempts >= :tries AND queued_at < now() - interval '1 day' ORDER BY id LIMIT 1"
    )
    found = session.execute(query, {"tries": FAILS_TIME_AFTER_TIME}).one_or_none()
    return (found.jobs, found.task_name) if found is not None else (0, "")


def overdue_rows(session: Session) -> tuple[int, str]:
    """How many due rows are over ten minutes late by business time, and the rule of the oldest (empty for none).

    Nobody looks, or whoever looks fails: also a row that used up its tries is late.
    """
    late = (DueRow.due_at < clock.now() - _LATE, DueRow.done_at.is_(None), DueRow.cancelled_at.is_(None))
    query = select(DueRow.rule, func.count().over()).where(*late).order_by(DueRow.due_at, DueRow.id).limit(1)
    found = session.execute(query).one_or_none()
    return (int(found[1]), str(found[0])) if found is not None else (0, "")


def failing_due_rows(session: Session, limit: int = 100) -> list[DueRow]:
    """Due rows whose last try failed and that are not done, the oldest first."""
    query = (
        select(DueRow)
        .where(DueRow.error.is_not(None), DueRow.done_at.is_(None), DueRow.cancelled_at.is_(None))
        .order_by(DueRow.due_at, DueRow.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def retry_due_row(session: Session, row_id: UUID) -> bool:
    """Give a failing row all its tries again; answers False when it is not among the failing."""
    row = session.get(DueRow, row_id, with_for_update=True)
    if row is None or row.error is None or row.done_at is not None or row.cancelled_at is not None:
        return False
    row.attempts = 0
    return True
