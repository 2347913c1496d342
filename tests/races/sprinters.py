"""Runners in processes of their own: each keeps its connection open and starts at the same instant as all the others.

`python -m tests.races.sprinters` reads one heat per line (when to start, what to ask) and writes what was answered.
"""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.database import ROOT

# Long enough for every runner to be on its mark.
READY_SECONDS = 0.15


@dataclass(frozen=True)
class Sprint:
    """One request of one runner."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True)
class Finish:
    """What a runner was answered; status 0 is no answer at all."""

    status: int
    body: str
    replayed: bool = False

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever was answered
        return json.loads(self.body)


class Sprinters:
    """Processes of runners."""

    def __init__(self, processes: int) -> None:
        command = [sys.executable, "-m", "tests.races.sprinters"]
        self._teams = [
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        for team in self._teams:
            assert _line(team) == "ready"

    def heat(self, sprints: Sequence[Sprint]) -> list[Finish]:
        """Everybody runs at once; answers come in the order of the sprints."""
        at = time.monotonic() + READY_SECONDS
        shares = [list(range(first, len(sprints), len(self._teams))) for first in range(len(self._teams))]
        for team, share in zip(self._teams, shares, strict=True):
            assert team.stdin is not None
            team.stdin.write(json.dumps({"at": at, "sprints": [asdict(sprints[place]) for place in share]}) + "\n")
            team.stdin.flush()
        finishes: dict[int, Finish] = {}
        for team, share in zip(self._teams, shares, strict=True):
            finishes |= dict(zip(share, (Finish(**told) for told in json.loads(_line(team))), strict=True))
        return [finishes[place] for place in range(len(sprints))]

    def end(self) -> None:
        """Send them home."""
        for team in self._teams:
            assert team.stdin is not None
            assert team.stdout is not None
            team.stdin.close()
            team.wait(10)
            team.stdout.close()


@contextmanager
def sprinters(processes: int = 2) -> Iterator[Sprinters]:
    """Runners for the time of the block."""
    found = Sprinters(processes)
    try:
        yield found
    finally:
        found.end()


def _line(team: subprocess.Popen[str]) -> str:
    assert team.stdout is not None
    return team.stdout.readline().strip()


def _run_heat(at: float, sprints: list[Sprint]) -> list[Finish]:
    finishes: list[Finish] = [Finish(0, "not run")] * len(sprints)

    def run(place: int) -> None:
        finishes[place] = _run(at, sprints[place])

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(sprints))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return finishes


def _run(at: float, sprint: Sprint) -> Finish:
    parts = urlsplit(sprint.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        connection.connect()
        time.sleep(max(at - time.monotonic(), 0))
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(sprint.method, target, sprint.body, dict(sprint.headers))
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
        return Finish(answer.status, body, answer.headers.get("Idempotent-Replayed") == "true")
    except (OSError, http.client.HTTPException) as problem:
        return Finish(0, repr(problem))
    finally:
        connection.close()


def main() -> None:
    """Run the heats that come in, until none comes."""
    print("ready", flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        finishes = _run_heat(told["at"], [Sprint(**sprint) for sprint in told["sprints"]])
        print(json.dumps([asdict(finish) for finish in finishes]), flush=True)


if __name__ == "__main__":
    main()
