"""`drain`: do every job that is ready, here and now, in this process (the CLI verb, and the tests' worker)."""

from typing import Any

from sqlalchemy import Row, text
from structlog.contextvars import bound_contextvars

from foundation import clock
from foundation.database import apart
from foundation.faults import fault_point
from foundation.jobs.due import run_due
from foundation.jobs.failures import pause_after_try
from foundation.jobs.registry import JobDefinition, JobUnknown, registered_jobs

# While a job of ours runs nobody beats for us: the heartbeat is set ahead by as long as a job may take.
_BEAT = text("UPDATE procrastinate_workers SET last_heartbeat = now() + make_interval(secs => :ahead) WHERE id = :id")
LONGEST_JOB_SECONDS = 300
_FETCH = text(
    "SELECT id, task_name, args, attempts FROM procrastinate_fetch_job_v2(CAST(:queues AS varchar[]), :worker)"
)


def drain(limit: int = 10_000) -> int:
    """Run due rows and ready jobs until nothing is left; answers how many jobs were done. What failed waits."""
    done = 0
    with apart() as session:
        worker = session.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")).scalar_one()
    try:
        while done < limit:
            due, ran = run_due(), _run_ready(worker, limit - done)
            done += ran
            if not due and not ran:
                break
        return done
    finally:
        with apart() as session:
            session.execute(text("DELETE FROM procrastinate_workers WHERE id = :id"), {"id": worker})


def _run_ready(worker: int, limit: int) -> int:
    """Run the jobs that are ready, at most so many; answers how many were done."""
    done = 0
    while done < limit:
        with apart() as session:
            session.execute(_BEAT, {"id": worker, "ahead": LONGEST_JOB_SECONDS})
            row = session.execute(_FETCH, {"queues": None, "worker": worker}).one()
        if row.id is None:
            break
        done += _run(row)
    return done


def _run(row: Row[Any]) -> int:
    definition = registered_jobs().get(row.task_name) or _unknown(row.task_name)
    try:
        with bound_contextvars(job=row.task_name, job_id=row.id):
            definition.run(**row.args)
            fault_point(f"job.{definition.name}.done")
    except Exception as problem:  # noqa: BLE001 - any failure is stored and tried again
        _retry_or_bury(row, definition, problem)
        return 0
    with apart() as session:
        session.execute(text("SELECT procrastinate_finish_job_v1(:id, 'succeeded', true)"), {"id": row.id})
    return 1


def _unknown(name: str) -> JobDefinition:
    """A job that another version of the program queued: it goes to the dead letters, where a person sees it."""

    def refuse(**_arguments: object) -> None:
        raise JobUnknown(name)

    return JobDefinition(name, refuse, tries=1)


def _retry_or_bury(row: Row[Any], definition: JobDefinition, problem: Exception) -> None:
    pause = pause_after_try(definition, row.id, row.attempts + 1, problem)
    with apart() as session:
        if pause is None:
            session.execute(text("SELECT procrastinate_finish_job_v1(:id, 'failed', false)"), {"id": row.id})
        else:
            retry_at = clock.real_now() + pause
            session.execute(
                text("SELECT procrastinate_retry_job_v2(:id, :at, NULL, NULL, NULL)"), {"id": row.id, "at": retry_at}
            )
