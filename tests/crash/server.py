"""A PostgreSQL of the storm's own, with fsync on, that may be killed with all its children; never the tests' one."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from app import create_app
from foundation import postgres
from foundation.database import database
from foundation.migrate import upgrade


@dataclass(frozen=True)
class Server:
    """One private server, with the shop's empty tables in its database."""

    directory: Path
    url: str

    def kill(self) -> None:
        """End it with all its children, as a power cut does, and start it again. Raises PrivateServerFailed."""
        postgres.kill_everything(self.directory)
        postgres.ensure_running(self.directory)

    @staticmethod
    def kill_backend(pid: int) -> None:
        """End one backend; the postmaster then restarts all of them."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


Disk = Callable[[Path], AbstractContextManager[object]]


@contextmanager
def a_server(disk: Disk = nullcontext) -> Iterator[Server]:
    """A server for the time of the block, on a disk of its own if one is given.

    PostgreSQL's account must be able to enter its folder, which it could not below pytest's own.
    """
    directory = Path(tempfile.mkdtemp(prefix="gettone-storm-"))
    directory.chmod(0o755)
    try:
        with disk(directory):
            try:
                url = postgres.ensure_running(directory)
                migrating = create_app({"DATABASE_URL": url})
                with migrating.app_context():
                    upgrade()
                    database.engine.dispose()
                yield Server(directory, url)
            finally:
                postgres.stop(directory, "immediate")
    finally:
        shutil.rmtree(directory, ignore_errors=True)
