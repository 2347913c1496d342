"""Commands of the foundation: jobs, audit, the sandbox clock, migrations. Exit: 0 done, 1 refused, 2 wrong use."""

import asyncio
import json
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import NoReturn

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.dialects.postgresql import insert

from foundation import clock
from foundation.audit import verify
from foundation.database import ClockShift, transaction
from foundation.events import chain_head, seal_events
from foundation.jobs import count_jobs, dead_jobs, drain, retry_job, run_due
from foundation.settings import current_settings, parse_duration

jobs = AppGroup("jobs", help="Background work.")
audit = AppGroup("audit", help="Every invariant of the books.")
clock_group = AppGroup("clock", help="Business time; only a sandbox may move it.")

_dry_run = click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
_as_json = click.option("--json", "as_json", is_flag=True)


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


def refuse(sentence: str, code: str, *, as_json: bool) -> NoReturn:
    """End a command that was refused: its code for programs, or a sentence for people; exit 1."""
    if as_json:
        click.echo(json.dumps({"code": code}))
    else:
        click.echo(sentence, err=True)
    sys.exit(1)


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
@click.option("--dry-run", is_flag=True, help="Only count the jobs that are ready.")
@_as_json
def drain_command(*, dry_run: bool, as_json: bool) -> None:
    """Do everything that is due and return."""
    with transaction() as session:
        ready = count_jobs(session).ready
    answer({"done": 0 if dry_run else drain(), "ready": ready, "dry_run": dry_run}, as_json=as_json)


@jobs.command("failed")
@_as_json
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
@_dry_run
@_as_json
def retry_command(job_id: int, *, dry_run: bool, as_json: bool) -> None:
    """Put a dead job back into the queue."""
    with transaction() as session:
        found = retry_job(session, job_id, dry_run=dry_run)
    if not found:
        refuse(f"No dead job {job_id}.", "job_not_found", as_json=as_json)
    answer({"queued": job_id, "dry_run": dry_run}, as_json=as_json)


@clock_group.command("show")
@_as_json
def show_clock(*, as_json: bool) -> None:
    """Print business time and real time."""
    with transaction():
        answer({"business": clock.now(), "real": clock.real_now(), "shift": clock.shift()}, as_json=as_json)


@clock_group.command("set")
@click.argument("instant", type=click.DateTime())
@_dry_run
@_as_json
def set_clock(instant: datetime, *, dry_run: bool, as_json: bool) -> None:
    """Set business time to an instant of Rome."""
    _move(instant.replace(tzinfo=clock.ROME) - clock.real_now(), dry_run=dry_run, as_json=as_json)


@clock_group.command("advance")
@click.argument("duration")
@_dry_run
@_as_json
def advance_clock(duration: str, *, dry_run: bool, as_json: bool) -> None:
    """Move business time on by 90m, 12h or 7d."""
    try:
        step = parse_duration(duration)
    except ValueError:
        click.echo(f"{duration!r} is not a duration such as 90m, 12h or 7d.", err=True)
        sys.exit(2)
    with transaction():
        shift = clock.shift() + step
    _move(shift, dry_run=dry_run, as_json=as_json)


@audit.command("head")
@_as_json
def head_command(*, as_json: bool) -> None:
    """Seal what is not sealed and print the head of the hash chain, to be kept where nobody can change it."""
    with transaction() as session:
        while seal_events(session):
            session.flush()
        position, head = chain_head(session)
    answer({"position": position, "hash": head}, as_json=as_json)


@audit.command("verify")
@_as_json
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


def _move(shift: timedelta, *, dry_run: bool, as_json: bool) -> None:
    if not current_settings().sandbox:
        refuse("Only a sandbox may move its clock.", "not_a_sandbox", as_json=as_json)
    real = clock.real_now()
    if not clock.EARLIEST - real <= shift < clock.BEYOND - real:
        click.echo("Business time stays between the years 2000 and 2199.", err=True)
        sys.exit(2)
    if not dry_run:
        with transaction() as session:
            row = insert(ClockShift).values(only=True, shift=shift)
            session.execute(row.on_conflict_do_update(index_elements=["only"], set_={"shift": shift}))
            clock.follow(shift)
    done = 0 if dry_run else run_due()
    business = (real + shift).astimezone(clock.ROME).isoformat(timespec="seconds")
    if as_json:
        answer({"business": business, "shift": shift, "due_rows_done": done, "dry_run": dry_run}, as_json=True)
        return
    click.echo(business)
    click.echo(f"due rows done: {done}")
