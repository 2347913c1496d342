"""The address everybody knows: a TCP door on the loopback that leads to the web processes that are the shop now.

A web process that dies leaves its callers with a broken connection, exactly as without the door; the next caller is led
to the process that has taken its place.
"""

import contextlib
import itertools
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_CHUNK = 65_536


class Front:
    """Leads to the `targets` (ports of the loopback) by turns; where there are none, everybody is refused."""

    def __init__(self) -> None:
        self.targets: tuple[int, ...] = ()
        self._turns = itertools.count()
        self._inside: Counter[int] = Counter()
        self._counting = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, name="front", daemon=True)

    def start(self) -> None:
        """Open the door."""
        self._thread.start()

    def inside(self, port: int) -> int:
        """How many callers are with a web process now."""
        with self._counting:
            return self._inside[port]

    def close(self) -> None:
        """Close the door; who is inside may finish."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            targets = self.targets
            target = targets[next(self._turns) % len(targets)] if targets else None
            threading.Thread(target=self._lead, args=(caller, target), daemon=True).start()

    def _lead(self, caller: socket.socket, target: int | None) -> None:
        with caller:
            try:
                if target is None:
                    return
                inside = socket.create_connection(("127.0.0.1", target), timeout=5)
            except OSError:
                return
            inside.settimeout(None)
            with inside, self._counted(target):
                back = threading.Thread(target=_pump, args=(inside, caller), daemon=True)
                back.start()
                _pump(caller, inside)
                back.join()

    @contextmanager
    def _counted(self, target: int) -> Iterator[None]:
        with self._counting:
            self._inside[target] += 1
        try:
            yield
        finally:
            with self._counting:
                self._inside[target] -= 1


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes one way until that way ends, then say so on the other side."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def open_front() -> Iterator[Front]:
    """A door for the time of the block."""
    front = Front()
    front.start()
    try:
        yield front
    finally:
        front.close()
