"""Runs `flask prepare` for `make run`: before the programs when tables are missing, else after the first page."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg

from foundation.supervisor import python

_NEWEST = Path(__file__).resolve().parent.parent / "migrations" / "HEAD"


class PreparationFailed(Exception):
    """The database could not be prepared; the message is the end of what the command wrote."""


class Preparation:
    """The command, done once: the first `ensure_done` runs it."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self._greeting: str | None = None

    def ensure_done(self) -> str:
        """See to it that the database is prepared; answers what to tell the person. Raises PreparationFailed."""
        if self._greeting is None:
            done = subprocess.run(  # noqa: S603 - a command of our own
                python("flask", "--app", "app", "prepare"),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            self._log.parent.mkdir(parents=True, exist_ok=True)
            self._log.write_text(done.stderr)
            if done.returncode != 0:
                raise PreparationFailed("\n".join(f"    {line}" for line in done.stderr.splitlines()[-20:]))
            self._greeting = done.stdout.strip()
        return self._greeting


def schema_is_newest(url: str) -> bool:
    """Whether the tables of a database are those of this code, so that the programs need not wait for the preparation.

    A database that cannot be asked, or has no tables yet, is not.
    """
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=5) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.Error:
        return False
    return found is not None and found[0] == _NEWEST.read_text().strip()
