"""What went wrong with jobs: the engine keeps no error text, so every failure is a row; the last is a dead letter."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import APPEND_ONLY, Model, alone, apart
from foundation.jobs.registry import JobDefinition, RetryLater
from foundation.logs import log

_LONGEST_ERROR = 500
_WORKER_DIED = "WorkerDied"
# Whoever is killed ten times over one job was killed by it; deploys and crashes hit a job once or twice.
_MOST_DEATHS = 10
# A row that another reaper has put back, or that a living worker has fetched since, names another worker by now.
_TAKE_BACK = text(
    """
    WITH stalled AS MATERIALIZED (
      SELECT job.id, job.worker_id,
        (SELECT count(*) FROM job_failures WHERE job_id = job.id AND error = :died) AS deaths
      FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
      WHERE job.status = 'doing'
        AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :silent))
    ), taken AS (
      UPDATE procrastinate_jobs job SET attempts = attempts + 1, scheduled_at = now() - interval '1 second',
        status = CAST(CASE WHEN deaths + 1 < :most THEN 'todo' ELSE 'failed' END AS procrastinate_job_status)
      FROM stalled
      WHERE job.id = stalled.id AND job.status = 'doing' AND job.worker_id IS NOT DISTINCT FROM stalled.worker_id
      RETURNING job.id, task_name, attempts, status = 'failed' AS final
    )
    INSERT INTO job_failures (job_id, task_name, attempt, error, final, failed_at)
    SELECT id, task_name, attempts, :died, final, now() FROM taken RETURNING job_id, task_name, attempt, final
    """
)


class JobFailure(Model):
    """One failed try of one job. The text names the exception and its place, never the job's data."""

    __tablename__ = "job_failures"
    __table_args__ = (Index("ix_job_failures_job", "job_id", "id"), {"info": {APPEND_ONLY: True}})

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    job_id: Mapped[int]
    task_name: Mapped[str]
    attempt: Mapped[int]
    error: Mapped[str]
    final: Mapped[bool]
    failed_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that used up its tries and waits for a person."""

    job_id: int
    task_name: str
    arguments: dict[str, Any]
    attempts: int
    last_error: str | None
    failed_at: datetime | None


def pause_after_try(definition: JobDefinition, job_id: int, tried: int, problem: BaseException) -> timedelta | None:
    """Note why the `tried`-th try (from 1) of a job did not end well; answers how long to wait, None when it is dead.

    Only failures of its own use up its tries: not being told to come back later, nor the death of its worker.
    """
    if isinstance(problem, RetryLater):
        return problem.pause or definition.pause_after(tried)
    failed = _failures_of(job_id) + 1
    final = failed >= definition.tries
    note_failure(job_id, definition.name, tried, problem, final=final)
    return None if final else definition.pause_after(failed)


def _failures_of(job_id: int) -> int:
    own = (JobFailure.job_id == job_id, JobFailure.error != _WORKER_DIED)
    with apart() as session:
        return int(session.execute(select(func.count()).select_from(JobFailure).where(*own)).scalar_one())


def take_back_jobs_of_the_dead(silent_seconds: float) -> int:
    """Put the jobs of workers that have not been heard of for so long back into the queue; answers how many.

    Each is noted as a failure; a job that kills whoever does it ends as a dead letter.
    """
    values = {"silent": silent_seconds, "most": _MOST_DEATHS, "died": _WORKER_DIED}
    with alone() as connection:
        taken = connection.execute(_TAKE_BACK, values).all()
    for one in taken:
        said = "job given up: it kills its workers" if one.final else "job taken back: its worker died"
        log().warning(said, job=one.task_name, job_id=one.job_id, attempt=one.attempt)
    return len(taken)


def note_failure(job_id: int, task_name: str, attempt: int, problem: BaseException, *, final: bool) -> None:
    """Store one failure in a transaction of its own: the job's own transaction has just been rolled back."""
    said = "job failed for good" if final else "job failed"
    log().warning(said, job=task_name, job_id=job_id, attempt=attempt, error=describe(problem))
    with apart() as session:
        session.add(
            JobFailure(
                job_id=job_id,
                task_name=task_name,
                attempt=attempt,
                error=describe(problem),
                final=final,
                failed_at=clock.real_now(),
            )
        )


def describe(problem: BaseException) -> str:
    """The exception's type and the place that raised it; its message only when it is ours to print."""
    frame = problem.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_globals.get('__name__', '?')}:{frame.tb_lineno}" if frame else "?"
    return f"{type(problem).__name__} at {place}"[:_LONGEST_ERROR]


def dead_jobs(session: Session, limit: int = 100, before: int | None = None) -> list[DeadJob]:
    """Jobs that failed for good, newest first, below job number `before`."""
    failed = session.execute(
        text(
            "SELECT id, task_name, args, attempts FROM procrastinate_jobs WHERE status = 'failed'"
            " AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        ),
        {"limit": limit, "before": before},
    ).all()
    last = {
        failure.job_id: failure
        for failure in session.scalars(
            select(JobFailure).where(JobFailure.job_id.in_([row.id for row in failed])).order_by(JobFailure.id)
        )
    }
    return [
        DeadJob(
            row.id,
            row.task_name,
            row.args,
            row.attempts,
            last[row.id].error if row.id in last else None,
            last[row.id].failed_at if row.id in last else None,
        )
        for row in failed
    ]


def retry_job(session: Session, job_id: int, *, dry_run: bool = False) -> bool:
    """Put a dead job back into the queue; answers False when it is not among the dead. A dry run only looks."""
    found = session.execute(
        text("SELECT 1 FROM procrastinate_jobs WHERE id = :id AND status = 'failed' FOR UPDATE"), {"id": job_id}
    ).scalar()
    if found is None:
        return False
    if not dry_run:
        session.execute(text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)"), {"id": job_id})
    return True
