"""A buyer's program: asks over HTTP, and asks again with the same key when the answer was lost with its process."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

LONGEST_WAIT = 75.0
PAUSE, LONGEST_PAUSE = 0.25, 2.0
# The same request is still running, or the database is restarting: come back.
AGAIN = {409, 429, 502, 503, 504}


class GaveUp(Exception):
    """What was asked for did not come about in time."""


@dataclass(frozen=True)
class Answer:
    """A status, a body, and where a redirect leads."""

    status: int
    body: bytes
    location: str = ""

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


def ask(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
    """One request; redirects are not followed. Raises OSError or HTTPException when no answer came."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(), answer.headers.get("Location", ""))
    finally:
        connection.close()


@dataclass(frozen=True)
class Program:
    """Speaks the API of one shop with one token."""

    base: str
    token: str
    patience: float = LONGEST_WAIT

    def get(self, path: str) -> dict[str, Any]:
        """What stands at `path`."""
        return self._until(lambda: self._ask("GET", path, "", None), {200}).json

    def post(self, path: str, key: str, body: object) -> dict[str, Any]:
        """Have something done once under `key`, however often it must be asked. Raises GaveUp."""
        return self._until(lambda: self._ask("POST", path, key, body), {200, 201, 202}).json

    def until(self, path: str, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Look at `path` until it is as wished. Raises GaveUp."""
        deadline, pause = time.monotonic() + self.patience, PAUSE
        while True:
            seen = self.get(path)
            if reached(seen):
                return seen
            if time.monotonic() > deadline:
                raise GaveUp(f"{path} stays {json.dumps(seen)[:400]}")
            time.sleep(pause)
            # As a program does: what takes long is asked for less often.
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _ask(self, method: str, path: str, key: str, body: object) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        return ask(method, self.base + path, headers, None if body is None else json.dumps(body).encode())

    def _until(self, once: Callable[[], Answer], wanted: set[int]) -> Answer:
        return persist(once, wanted, self.patience)


def persist(once: Callable[[], Answer], wanted: set[int], patience: float = LONGEST_WAIT) -> Answer:
    """Ask until one of the `wanted` statuses comes. Raises GaveUp for a refusal, or when none came in time."""
    deadline, last = time.monotonic() + patience, "nothing"
    while time.monotonic() < deadline:
        try:
            answer = once()
        except (OSError, http.client.HTTPException) as problem:
            last = repr(problem)
        else:
            if answer.status in wanted:
                return answer
            last = f"{answer.status} {answer.body[:600].decode(errors='replace')}"
            if answer.status not in AGAIN:
                break
        time.sleep(PAUSE)
    raise GaveUp(last)


def press(url: str, outcome: str) -> None:
    """Press a button of the simulator's hosted page, as a buyer without JavaScript does."""
    form = urlencode({"outcome": outcome}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    persist(lambda: ask("POST", url, headers, form), {303, 410})
