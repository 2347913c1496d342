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
from foundation.jobs.due import run_due
from foundation.jobs.failures import pause_after_try, take_back_jobs_of_the_dead
from foundation.jobs.queue import QUEUE
from foundation.jobs.registry import JobDefinition, registered_jobs
from foundation.logs import log

HEARTBEAT_SECONDS = 1.0
DEAD_AFTER_SECONDS = 5
# The engine's own heart stops when it is told to stop, long before the last job has ended: we beat for it.
_ENGINES_HEARTBEAT_SECONDS = 1_800
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

    worker_id: int | None = None

    async def register_worker(self) -> int:
        """As in the library, remembering for whom to beat."""
        self.worker_id = await super().register_worker()
        return self.worker_id

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
        self._decided: dict[int | None, timedelta | None] = {}

    def decide(self, job: Job, problem: BaseException) -> None:
        """Note what went wrong, in the thread of the job: the engine asks for the decision where nobody may wait."""
        self._decided[job.id] = pause_after_try(self.definition, job.id or 0, job.attempts + 1, problem)

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002 - the library's own
        """What was decided; a job that ended without (the database was away) is tried again."""
        pause = self._decided.pop(job.id, self.definition.pause_after(job.attempts + 1))
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
    patience = _Patience(definition)

    @worker.task(name=definition.name, queue=QUEUE, retry=patience, pass_context=True)
    def run(context: procrastinate.JobContext, /, **arguments: object) -> None:
        with app.app_context(), bound_contextvars(job=definition.name, job_id=context.job.id):
            try:
                definition.run(**arguments)
                fault_point(f"job.{definition.name}.done")
            except Exception as problem:
                patience.decide(context.job, problem)
                raise


async def work(app: Flask, concurrency: int = 4) -> None:
    """Run jobs and due rows until told to stop (SIGTERM drains what is running)."""
    worker = build_worker(app)
    async with worker.open_async():
        companions = [
            asyncio.create_task(_beat(worker)),
            asyncio.create_task(_every(REAP_EVERY_SECONDS, app, _reap)),
            asyncio.create_task(_every(TICK_EVERY_SECONDS, app, run_due)),
        ]
        try:
            await worker.run_worker_async(
                concurrency=concurrency,
                delete_jobs=procrastinate.jobs.DeleteJobCondition.SUCCESSFUL,
                fetch_job_polling_interval=1.0,
                shutdown_graceful_timeout=25,
                update_heartbeat_interval=_ENGINES_HEARTBEAT_SECONDS,
                stalled_worker_timeout=FORGOTTEN_AFTER_SECONDS,
                install_signal_handlers=True,
            )
        finally:
            for companion in companions:
                companion.cancel()


async def _beat(worker: procrastinate.App) -> None:
    """Tell every second that this worker lives, to the end of its last job."""
    while True:
        manager = worker.job_manager
        if isinstance(manager, _Insistent) and manager.worker_id is not None:
            with contextlib.suppress(ConnectorException):  # the server is away: nobody takes anything over meanwhile
                await manager.update_heartbeat(manager.worker_id)
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def _every(seconds: float, app: Flask, look: Callable[[], object]) -> None:
    """Look again and again, in a thread: what is to be done is data, and whoever comes late finds it all the same."""

    def in_context() -> None:
        with app.app_context():
            look()

    while True:
        try:
            await asyncio.to_thread(in_context)
        except Exception as problem:  # noqa: BLE001 - the next look comes soon
            log().warning("worker could not look", exc_info=problem)
        await asyncio.sleep(seconds)


def _reap() -> int:
    return take_back_jobs_of_the_dead(DEAD_AFTER_SECONDS)
