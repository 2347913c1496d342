"""Jobs: work that a transaction causes and that runs after it committed, on the same PostgreSQL.

`defer` writes the job as a row of the caller's transaction; `schedule_due` writes a row for a later business instant.
"""

from foundation.jobs.drain import drain
from foundation.jobs.due import DueRow, cancel_all_due, cancel_due, due_rule, round_rule, run_due, schedule_due
from foundation.jobs.failures import JobFailure, dead_jobs, retry_job
from foundation.jobs.overview import (
    count_jobs,
    failing_due_rows,
    failing_jobs,
    jobs_put_off,
    late_jobs,
    overdue_rows,
    retry_due_row,
)
from foundation.jobs.queue import defer, run_soon, store_and_defer
from foundation.jobs.registry import RetryLater, job, registered_jobs

__all__ = [
    "DueRow",
    "JobFailure",
    "RetryLater",
    "cancel_all_due",
    "cancel_due",
    "count_jobs",
    "dead_jobs",
    "defer",
    "drain",
    "due_rule",
    "failing_due_rows",
    "failing_jobs",
    "job",
    "jobs_put_off",
    "late_jobs",
    "overdue_rows",
    "registered_jobs",
    "retry_due_row",
    "retry_job",
    "round_rule",
    "run_due",
    "run_soon",
    "schedule_due",
    "store_and_defer",
]
