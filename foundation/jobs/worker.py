"""The worker: Procrastinate's engine running our registered jobs in threads, with a reaper for the jobs of the dead."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import procrastinate
from flask import Flask
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool
from structlog.contextvars import bound_contextvars

from foundation import clock
from foundation.database import database, hung_up
from foundation.faults import fault_point
from foundation.jobs.drain import pause_or_none
from foundation.jobs.due import run_due
from foundation.jobs.failures import note_failure
from foundation.jobs.queue import QUEUE
from foundation.jobs.registry import JobDefinition, RetryLater, registered_jobs

HEARTBEAT_SECONDS = 1.0
DEAD_AFTER_SECONDS = 5
# A worker that only slept (a closed laptop, a busy machine) must find its own row again, or it could take no job.
FORGOTTEN_AFTER_SECONDS = 3_600
REAP_EVERY_SECONDS = 0.5
TICK_EVERY_SECONDS = 5.0
WRITES_AGAIN_AFTER_SECONDS = 0.5


class _Insistent(JobManager):
    """Writes what came of a job again until the server has it, however long it is away.

    Procrastinate tries once: a job done while the server restarted would stay in the hands of this worker, who lives,
    so that nobody takes it over, and whatever waits for its lock would wait as long.
    """

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: FBT001 - the library's own
        """As in the library, insisting."""
        await _insist(lambda: super(_Insistent, self).finish_job(job, status, delete_job))

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """As in the library, insisting."""
        await _insist(lambda: super(_Insistent, self).retry_job(job, retry_at, priority, queue, lock))


async def _insist(write: Callable[[], Awaitable[None]]) -> None:
    again = False
    while True:
        try:
            await write()
        except ConnectorException as problem:
            if not isinstance(problem.__cause__, OperationalError):
                if again:  # The try whose answer was lost came through: the job is no longer to be written.
                    return
                raise
            again = True
            await asyncio.sleep(WRITES_AGAIN_AFTER_SECONDS)
        else:
            return


class _Patience(BaseRetryStrategy):
    """Our pauses and dead letters, told to Procrastinate."""

    def __init__(self, definition: JobDefinition) -> None:
        self.definition = definition

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        pause = pause_or_none(self.definition, job.attempts + 1, exception)
        return RetryDecision(retry_at=clock.real_now() + pause) if pause is not None else None


def build_worker(app: Flask) -> procrastinate.App:
    """The consuming half of Procrastinate: every registered job, run inside an application context."""
    with app.app_context():
        url = database.engines[None].url
    arguments = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    options = "-c timezone=UTC"
    connector = procrastinate.PsycopgConnector(
        pool_factory=_pool, configure=_each_alone, kwargs=arguments | {"options": options}, min_size=1, max_size=4
    )
    worker = procrastinate.App(connector=connector)
    worker.job_manager = _Insistent(connector)
    for definition in registered_jobs().values():
        _register(worker, app, definition)
    return worker


def _pool(**arguments: Any) -> AsyncConnectionPool:  # noqa: ANN401 - the library's own
    return AsyncConnectionPool(**arguments | {"check": _refuse_hung_up})


async def _each_alone(connection: AsyncConnection) -> None:
    """The engine says one statement at a time: each is a transaction of its own, two ways to the server fewer."""
    await connection.set_autocommit(True)


async def _refuse_hung_up(connection: AsyncConnection) -> None:
    """Have the pool renew a connection whose server has hung up, without the question that the library would ask.

    It is closed here: the pool would find it idle, as nothing has been read from it, and hand it out again and again.
    """
    if hung_up(connection.fileno()):
        await connection.close()
        raise OperationalError


def _register(worker: procrastinate.App, app: Flask, definition: JobDefinition) -> None:
    @worker.task(name=definition.name, queue=QUEUE, retry=_Patience(definition), pass_context=True)
    def run(context: procrastinate.JobContext, /, **arguments: object) -> None:
        with app.app_context(), bound_contextvars(job=definition.name, job_id=context.job.id):
            try:
                definition.run(**arguments)
                fault_point(f"job.{definition.name}.done")
            except RetryLater:
                raise
            except Exception as problem:
                attempt = context.job.attempts + 1
                final = pause_or_none(definition, attempt, problem) is None
                note_failure(context.job.id or 0, definition.name, attempt, problem, final=final)
                raise


async def work(app: Flask, concurrency: int = 4) -> None:
    """Run jobs and due rows until told to stop (SIGTERM drains what is running)."""
    worker = build_worker(app)
    async with worker.open_async():
        companions = [asyncio.create_task(_reap(worker)), asyncio.create_task(_tick(app))]
        try:
            await worker.run_worker_async(
                concurrency=concurrency,
                delete_jobs=procrastinate.jobs.DeleteJobCondition.SUCCESSFUL,
                fetch_job_polling_interval=1.0,
                shutdown_graceful_timeout=25,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=FORGOTTEN_AFTER_SECONDS,
                install_signal_handlers=True,
            )
        finally:
            for companion in companions:
                companion.cancel()


async def _reap(worker: procrastinate.App) -> None:
    """Put the jobs of dead workers back into the queue; another reaper may be faster, which is no failure."""
    while True:
        with contextlib.suppress(Exception):
            for stalled in await worker.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
                with contextlib.suppress(Exception):
                    await worker.job_manager.retry_job(stalled, retry_at=clock.real_now() - timedelta(seconds=1))
        await asyncio.sleep(REAP_EVERY_SECONDS)


async def _tick(app: Flask) -> None:
    """Look for due rows every few seconds: what they ask for is data, the tick only looks."""

    def look() -> None:
        with app.app_context():
            run_due()

    while True:
        with contextlib.suppress(Exception):
            await asyncio.to_thread(look)
        await asyncio.sleep(TICK_EVERY_SECONDS)
