"""The crew of a storm: two web programs and two workers, replaced as they die; later one of each kind is doomed."""

import random
import threading
import time
from collections.abc import Callable, Sequence

from tests.crash.front import Front
from tests.crash.points import WEB, WORKER, Crash
from tests.crash.programs import Running, Starter, answers

OF_EACH = 2
LOOK_EVERY = 0.05
LATEST_HIT = 3


class Crew:
    """Keeps the programs running, and leads whoever comes to the front to those that answer."""

    def __init__(self, starter: Starter, front: Front, crashes: Sequence[Crash], seed: int) -> None:
        self._starter, self._front = starter, front
        self._chance = random.Random(seed)  # noqa: S311 - a seeded choice of crashes
        self._unreached = {WEB: _of(crashes, WEB), WORKER: _of(crashes, WORKER)}
        self._doomed: dict[str, Crash] = {}
        self._dooming = False
        self._starting: list[Running] = []
        self._programs: list[Running] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="crew", daemon=True)
        self._lock = threading.RLock()
        self.at_points: list[Running] = []

    def start(self) -> None:
        """Start everybody, and wait until the first web program answers."""
        for name in (WEB, WORKER) * OF_EACH:
            self._enlist(name)
        self._thread.start()
        while not self._front.targets:
            time.sleep(LOOK_EVERY)

    def doom(self) -> None:
        """From now on one program of each kind dies at a fault point after the other, until each was reached."""
        self._dooming = True
        for name in (WEB, WORKER):
            for makes_room in self.victims(name)[:1]:
                makes_room.end()

    def end(self) -> None:
        """End everybody."""
        self._stop.set()
        self._thread.join(10)
        for program in self._everybody():
            program.end()

    def unreached(self) -> list[Crash]:
        """The crashes nobody has died of yet."""
        with self._lock:
            open_ones = [crash for crashes in self._unreached.values() for crash in crashes]
            return [*open_ones, *self._doomed.values()]

    def victims(self, name: str) -> list[Running]:
        """The programs of a kind that are at work."""
        with self._lock:
            return [one for one in self._programs if one.name == name and one.alive()]

    def _everybody(self) -> list[Running]:
        with self._lock:
            return [*self._programs, *self._starting]

    def _enlist(self, name: str) -> None:
        with self._lock:
            waiting, one_is_doomed = self._unreached[name], any(one.program == name for one in self._doomed.values())
            dooms = self._dooming and waiting and not one_is_doomed
            crash = waiting.pop(self._chance.randrange(len(waiting))) if dooms else None
            fault = f"{crash.point}:{self._chance.randint(1, min(LATEST_HIT, crash.hit + 1))}" if crash else None
            start: Callable[[str | None], Running] = self._starter.web if name == WEB else self._starter.worker
            running = start(fault)
            if crash is not None:
                self._doomed[running.label] = crash
            self._starting.append(running)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            with self._lock:
                self._welcome()
                for dead in [one for one in self._everybody() if not one.alive()]:
                    self._replace(dead)
            webs = [one.port for one in self.victims(WEB) if one.port is not None]
            self._front.targets = tuple(webs)

    def _welcome(self) -> None:
        """Let those begin who are ready."""
        for one in list(self._starting):
            if one.port is None or answers(one.port):
                self._starting.remove(one)
                self._programs.append(one)

    def _replace(self, dead: Running) -> None:
        for place in (self._programs, self._starting):
            if dead in place:
                place.remove(dead)
        crash = self._doomed.pop(dead.label, None)
        if crash is not None and dead.killed:
            self._unreached[dead.name].append(crash)
        elif crash is not None:
            self.at_points.append(dead)
        self._enlist(dead.name)


def _of(crashes: Sequence[Crash], program: str) -> list[Crash]:
    return [crash for crash in crashes if crash.program == program]
