"""A caller over a kept-alive connection, and what many answers took."""

import contextlib
import http.client
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

HOST = "127.0.0.1"
_SILENT_SECONDS = 5.0


@dataclass
class Caller:
    """One connection to one program, with the headers it always sends."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        self._used_at = time.monotonic()

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of one answer."""
        # A server hangs up on a caller that has been silent for long.
        if time.monotonic() - self._used_at > _SILENT_SECONDS:
            self._connection.close()
        self._used_at = time.monotonic()
        self._connection.request(method, path, body, self.headers | (headers or {}))
        answer = self._connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def get(self, path: str) -> bytes:
        """The body of a page that is there."""
        status, _headers, body = self.ask("GET", path)
        assert status == http.HTTPStatus.OK, (status, path, body[:500])
        return body

    def form(self, path: str, **fields: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(fields).encode(), kind)


def press(url: str, outcome: str) -> None:
    """Press a button of the simulator's hosted page, as a buyer without JavaScript does."""
    parts = urlsplit(url)
    with contextlib.closing(Caller(parts.port or 80)) as buyer:
        status, _headers, body = buyer.form(parts.path, outcome=outcome)
    assert status == http.HTTPStatus.SEE_OTHER, (status, body[:500])


def each_took(calls: Sequence[Callable[[], Any]]) -> list[float]:
    """Seconds of each call, one after the other."""
    took = []
    for call in calls:
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return took


def side_by_side(queues: Sequence[Sequence[Callable[[], Any]]]) -> tuple[list[float], float]:
    """Work off each queue in a thread of its own; answers the seconds of every call, and of the whole."""
    took: list[list[float]] = [[] for _ in queues]
    failed: list[BaseException] = []

    def work(place: int) -> None:
        try:
            took[place] = each_took(queues[place])
        except BaseException as problem:  # noqa: BLE001 - raised again below, in the thread that waits
            failed.append(problem)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(queues))]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [seconds for one in took for seconds in one], time.perf_counter() - began


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]
