"""Bugs planted in a copy of the project, and what sees them there (R02).

A bug whose text is no longer in the source is INVALID: what it was made for has proven nothing.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.crash.canary import run
from tests.crash.nursery import PROJECT
from tests.crash.points import Crash
from tests.crash.world import World
from tests.database import ROOT, server_url
from tests.verdicts import FAIL, FILE, Invalid

COPIED = (
    *("app.py", "foundation", "pricing", "entitlements", "shop", "webhooks", "templates", "static", "translations"),
    *("migrations", "pyproject.toml", "sandbox", "tests"),
)
LONGEST_SECONDS = 300
STORIES = 8
# What the bug has lost does not come: there is no use in waiting for it as long as for what a crash only delays.
PATIENCE_SECONDS = 40.0
_TESTS_FAILED = 1
# A patch that no longer makes sense where it stands: the program stumbles, and nobody has seen the bug.
_STUMBLED = ("NameError", "ImportError", "ModuleNotFoundError", "SyntaxError", "AttributeError", "TypeError")


@dataclass(frozen=True)
class SeededBug:
    """Patches (file, text, replacement) and statements that take away what keeps a rule, and what must see it.

    That is a race of tests.races, tests that must fail, or the crash of programs at points (`vendor` says how the
    accounting program answers meanwhile).
    """

    name: str
    patches: tuple[tuple[str, str, str], ...]
    statements: tuple[str, ...] = ()
    race: str = ""
    tests: tuple[str, ...] = ()
    crashes: tuple[Crash, ...] = ()
    vendor: tuple[str, ...] = field(default=())

    def stale(self) -> list[str]:
        """Patches whose text is no longer in the source."""
        return [f"{text!r} is not in {file}" for file, text, _ in self.patches if text not in (ROOT / file).read_text()]


def plant(bug: SeededBug, folder: Path, database_url: str | None) -> Path:
    """Copy the project into `folder`, patch the copy, take the constraints from the database. Raises Invalid."""
    if bug.stale():
        raise Invalid(f"{bug.name}: {bug.stale()}")
    copy = folder / "project"
    for name in COPIED:
        source, target = ROOT / name, copy / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "browser", "look"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for file, wanted, replacement in bug.patches:
        text = (copy / file).read_text()
        (copy / file).write_text(text.replace(wanted, replacement))
    for statement in bug.statements:
        _take_away(database_url or "", bug, statement)
    return copy


def _take_away(database_url: str, bug: SeededBug, statement: str) -> None:
    parts = make_url(database_url)
    host = parts.host or str(parts.query.get("host", ""))
    arguments = {"dbname": parts.database, "user": parts.username, "host": host, "port": parts.port}
    with psycopg.connect(**arguments, password=parts.password, autocommit=True) as connection:  # type: ignore[arg-type]
        try:
            connection.execute(statement)
        except psycopg.Error as problem:
            raise Invalid(f"{bug.name}: {statement} answered {problem}") from problem


def run_race(copy: Path, race: str, database_url: str, rounds: int, contenders: int) -> list[str]:
    """Run one race in the copy; answers what it found broken. Raises Invalid when it did not run to its end."""
    command = [sys.executable, "-m", "tests.races", race, str(rounds), str(contenders)]
    done = _run(copy, command, DATABASE_URL=database_url)
    if done.returncode != 0:
        raise Invalid(f"the race {race} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    broken: list[str] = json.loads(done.stdout.splitlines()[-1])["broken"]
    return broken


def run_tests(copy: Path, bug: SeededBug) -> list[str]:
    """Run the bug's tests in the copy; answers those that failed. Raises Invalid when they did not run."""
    told = copy / "verdicts"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *bug.tests]
    done = _run(copy, command, TEST_DATABASE_URL=server_url(), **{FILE: str(told)})
    if done.returncode not in {0, _TESTS_FAILED}:
        raise Invalid(f"{bug.tests} did not run:\n{done.stdout[-2000:]}{done.stderr[-1000:]}")
    return failed_by(bug, [json.loads(line) for line in told.read_text().splitlines()])


def failed_by(bug: SeededBug, verdicts: Sequence[Mapping[str, str]]) -> list[str]:
    """The tests that failed, with what they found. Raises Invalid where the patched program stumbled over its patch."""
    failed = [one for one in verdicts if one["verdict"] == FAIL]
    for one in failed:
        if one["why"].startswith(_STUMBLED):
            raise Invalid(f"{bug.name}: the patched program stumbles: {one['why'][:200]}")
    return [f"{one['test'].split('::')[-1]}: {one['why']}" for one in failed]


def run_crash(copy: Path, bug: SeededBug, world: World) -> list[str]:
    """Let programs of the copy die at the bug's points; answers what was lost or doubled. Raises Invalid."""
    environment = {**world.environment, PROJECT: str(copy), "PYTHONPATH": str(copy)}
    world.order_of_vendor(next=list(bug.vendor))
    stage = replace(world, environment=environment, hints=("",), patience=PATIENCE_SECONDS)
    report = run(stage, bug.crashes, STORIES, STORIES)
    if report.unreached and not report.lost:
        raise Invalid(f"{bug.name}: never reached {report.unreached}")
    if report.stories < STORIES:
        raise Invalid(f"{bug.name}: only {report.stories} of {STORIES} stories were told")
    return [*report.doubled, *report.lost]


def _run(copy: Path, command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", **more}
    environment = {name: value for name, value in environment.items() if not name.startswith(("PYTEST_", "COV_"))}
    return subprocess.run(
        command, check=False, cwd=copy, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS
    )
