"""Jobs that have failed before, without waiting for it."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def use_up_tries(session: Session, task_name: str, times: int) -> None:
    """Every queued job of this name has failed so often."""
    session.execute(
        text(
            "INSERT INTO job_failures (job_id, task_name, attempt, error, final, failed_at)"
            " SELECT id, task_name, tried, 'ValueError at tests:1', false, now()"
            " FROM procrastinate_jobs, generate_series(1, :times) AS tried WHERE task_name = :name"
        ),
        {"name": task_name, "times": times},
    )
