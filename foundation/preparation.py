"""`flask prepare` as `make run` does it: before the programs where tables are missing, else beside their start."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg

from foundation.supervisor import python

_NEWEST = Path(__file__).resolve().parent.parent / "migrations" / "HEAD"


class PreparationFailed(Exception):
    """The database could not be prepared; the message is the end of what the command wrote."""


class Preparation:
    """The command, begun; `finish` waits for it."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        self._greeting: str | None = None
        self._process = subprocess.Popen(  # noqa: S603 - a command of our own
            python("flask", "--app", "app", "prepare"),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self) -> str:
        """Wait until the database is prepared; answers what to tell the person. Raises PreparationFailed."""
        if self._greeting is None:
            said, wrote = self._process.communicate()
            self._log.parent.mkdir(parents=True, exist_ok=True)
            self._log.write_text(wrote)
            if self._process.returncode != 0:
                raise PreparationFailed("\n".join(f"    {line}" for line in wrote.splitlines()[-20:]))
            self._greeting = said.strip()
        return self._greeting

    def abandon(self) -> None:
        """Do not wait any longer: whatever it has not committed is undone."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


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
