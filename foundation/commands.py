"""Commands of the ground: jobs, the sandbox clock, migrations. Exit codes: 0 done, 1 refused, 2 wrong use."""

import asyncio
import json
import sys
from dataclasses import asdict
from datetime import datetime, timedelta

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.dialects.postgresql import insert

from foundation import clock, housekeeping
from foundation.audit import verify
from foundation.database import ClockShift, transaction
from foundation.events import chain_head, seal_events
from foundation.jobs import dead_jobs, drain, retry_job, run_due
from foundation.settings import current_settings, parse_duration

__all__ = ["answer", "housekeeping", "install"]

jobs = AppGroup("jobs", help="Background work.")
audit = AppGroup("audit", help="Every invariant of the books.")
clock_group = AppGroup("clock", help="Business time; only a sandbox may move it.")


def install(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(jobs)
    app.cli.add_command(clock_group)
    app.cli.add_command(migrate)
    app.cli.add_command(audit)


def answer(result: dict[str, object], *, as_json: bool) -> None:
    """Print a command's result, as JSON for programs or as lines for people."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, default=str))
        return
    for key, value in result.items():
        click.echo(f"{key}: {value}")


@click.command("migrate")
def migrate() -> None:
    """Bring the database's schema to the newest revision."""
    from foundation.migrate import upgrade  # noqa: PLC0415 - a web worker never imports Alembic

    upgrade()


@jobs.command("work")
@click.option("--concurrency", default=4, show_default=True)
def work_command(concurrency: int) -> None:
    """Run jobs until told to stop."""
    from foundation.jobs.worker import work  # noqa: PLC0415 - a web worker never imports the worker

    asyncio.run(work(current_app._get_current_object(), concurrency))  # type: ignore[attr-defined]  # noqa: SLF001


@jobs.command("drain")
@click.option("--json", "as_json", is_flag=True)
def drain_command(*, as_json: bool) -> None:
    """Do everything that is due and return."""
    answer({"done": drain()}, as_json=as_json)


@jobs.command("failed")
@click.option("--json", "as_json", is_flag=True)
def failed_command(*, as_json: bool) -> None:
    """List the jobs that used up their tries."""
    with transaction() as session:
        dead = dead_jobs(session)
    if as_json:
        click.echo(json.dumps([{"id": job.job_id, "task": job.task_name, "error": job.last_error} for job in dead]))
        return
    for job in dead:
        click.echo(f"{job.job_id}\t{job.task_name}\t{job.attempts}\t{job.last_error or ''}")


@jobs.command("retry")
@click.argument("job_id", type=int)
@click.option("--json", "as_json", is_flag=True)
def retry_command(job_id: int, *, as_json: bool) -> None:
    """Put a dead job back into the queue."""
    with transaction() as session:
        found = retry_job(session, job_id)
    if not found:
        click.echo(f"No dead job {job_id}.", err=True)
        sys.exit(1)
    answer({"queued": job_id}, as_json=as_json)


@clock_group.command("show")
@click.option("--json", "as_json", is_flag=True)
def show_clock(*, as_json: bool) -> None:
    """Print business time and real time."""
    with transaction():
        answer({"business": clock.now(), "real": clock.real_now(), "shift": clock.shift()}, as_json=as_json)


@clock_group.command("set")
@click.argument("instant", type=click.DateTime())
def set_clock(instant: datetime) -> None:
    """Set business time to an instant of Rome."""
    _move(instant.replace(tzinfo=clock.ROME) - clock.real_now())


@clock_group.command("advance")
@click.argument("duration")
def advance_clock(duration: str) -> None:
    """Move business time on by 90m, 12h or 7d."""
    try:
        step = parse_duration(duration)
    except ValueError:
        click.echo(f"{duration!r} is not a duration such as 90m, 12h or 7d.", err=True)
        sys.exit(2)
    with transaction():
        shift = clock.shift() + step
    _move(shift)


@audit.command("head")
@click.option("--json", "as_json", is_flag=True)
def head_command(*, as_json: bool) -> None:
    """Seal what is not sealed and print the head of the hash chain, to be kept where nobody can change it."""
    with transaction() as session:
        while seal_events(session):
            session.flush()
        position, head = chain_head(session)
    answer({"position": position, "hash": head}, as_json=as_json)


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True)
def verify_command(*, as_json: bool) -> None:
    """Check every invariant; exit 1 and name each violation when one does not hold."""
    began = clock.real_now()
    with transaction() as session:
        results = verify(session)
    wrong = sum(result.finding.violations for result in results)
    if as_json:
        click.echo(json.dumps([asdict(result) for result in results], ensure_ascii=False))
    else:
        for result in results:
            mark = "ok" if result.finding.violations == 0 else f"{result.finding.violations} WRONG"
            click.echo(f"{mark:>9}  {result.finding.rows:>9} rows  {result.milliseconds:>6} ms  {result.name}")
            for named in result.finding.named:
                click.echo(f"           - {named}")
        rows = sum(result.finding.rows for result in results)
        seconds = (clock.real_now() - began).total_seconds()
        click.echo(f"checks={len(results)} rows={rows} violations={wrong} seconds={seconds:.1f}")
    sys.exit(1 if wrong else 0)


def _move(shift: timedelta) -> None:
    if not current_settings().sandbox:
        click.echo("Only a sandbox may move its clock.", err=True)
        sys.exit(1)
    with transaction() as session:
        row = insert(ClockShift).values(only=True, shift=shift)
        session.execute(row.on_conflict_do_update(index_elements=["only"], set_={"shift": shift}))
        clock.follow(shift)
    click.echo(clock.now().astimezone(clock.ROME).isoformat(timespec="seconds"))
    click.echo(f"due rows done: {run_due()}")
