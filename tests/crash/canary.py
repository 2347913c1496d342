"""The canary: every program dies at its point while stories are told; what was promised must still come true, once."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from tests.crash.books import audit, count, left, settled
from tests.crash.nursery import nursery
from tests.crash.points import WEB, Crash
from tests.crash.programs import Running, Starter, answers, wait_for
from tests.crash.story import Told, tell
from tests.crash.world import World

LONGEST_SECONDS = 120.0
LOOK_EVERY = 0.05
# Real time passes faster where a job waits for its back-off, or a question to the vendor for its minute.
HURRY = "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND scheduled_at > now()"
# What was caused before an instant, and when the last of it was done.
CAUGHT_UP = """
    SELECT max(done) FROM (SELECT sent_at AS done FROM mails WHERE queued_at <= %(at)s
                           UNION ALL SELECT handled_at FROM inbox_letters WHERE received_at <= %(at)s) caused
"""


@dataclass
class Report:
    """What came of it; `unreached` names the programs that lived, which makes the run INVALID."""

    points: int = 0
    killed: int = 0
    stories: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    """Stories whose teller waited in vain; whether anything was lost is said by the books."""
    recovery_s: float = 0.0
    """From the last death until all that had been caused before it was done: stories under way, letters, mails."""
    seconds: float = 0.0
    audit: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The figures, as printed."""
        return (
            f"points={self.points} killed={self.killed} orders={self.stories} lost={len(self.lost)}"
            f" doubled={len(self.doubled)} recovery_max_s={self.recovery_s:.1f} seconds={self.seconds:.0f}"
            f" audit={'clean' if not self.audit else self.audit}"
        )


class Canary:
    """Starts the programs of a world, each doomed at its point, and the sound ones that take their place."""

    def __init__(self, world: World, starter: Starter, crashes: Sequence[Crash]) -> None:
        self.world = world
        self.starter = starter
        self.crashes = crashes
        self.programs: list[Running] = []
        self.doomed: list[Running] = []
        self._stop = threading.Event()
        self._sound_worker = False

    def start(self) -> None:
        """Start every doomed program and a sound web program; the sound worker starts when the last doomed one died."""
        for crash in self.crashes:
            start = self.starter.web if crash.program == WEB else self.starter.worker
            self.doomed.append(start(crash.fault))
        self.programs = [*self.doomed, self.starter.web()]
        for program in self.programs:
            port = program.port
            if port is not None:
                wait_for(program, lambda: answers(port))  # noqa: B023 - asked before the next turn
        self._lead()
        threading.Thread(target=self._watch, name="canary", daemon=True).start()

    def alive(self) -> list[Running]:
        """The doomed programs that have not met their point yet."""
        return [program for program in self.doomed if program.alive()]

    def last_death(self) -> float:
        """When the last of them died."""
        return max((program.died_at or 0.0 for program in self.doomed), default=0.0)

    def end(self) -> None:
        """End everything that still runs."""
        self._stop.set()
        for program in self.programs:
            program.end()

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            self._lead()
            if not self._sound_worker and not any(one.name == "worker" for one in self.alive()):
                self._sound_worker = True
                self.programs.append(self.starter.worker())

    def _lead(self) -> None:
        """Everybody who comes to the front is led to the first web program that lives: doomed ones first."""
        webs = [program for program in self.programs if program.name == "web"]
        alive = [web.port for web in webs if web.port is not None and web.alive()]
        self.world.front.targets = tuple(alive[:1])


def run(world: World, crashes: Sequence[Crash], fewest: int, most: int) -> Report:
    """Tell at least `fewest` stories, more while somebody lives who should have died, and look at what is left."""
    with nursery(world.environment) as grown:
        return _run(Canary(world, Starter(world.environment, world.folder, grown), crashes), fewest, most)


def _run(canary: Canary, fewest: int, most: int) -> Report:
    began, world = time.monotonic(), canary.world
    report = Report(points=len(canary.crashes))
    try:
        canary.start()
        told = _tell(world, canary, fewest, most, began + LONGEST_SECONDS)
        doomed = zip(canary.crashes, canary.doomed, strict=True)
        report.unreached = [str(crash) for crash, one in doomed if one.alive()]
        report.killed = report.points - len(report.unreached)
        report.stories = len(told)
        report.gave_up = [story.problem for story in told if story.problem]
        if not _settle(world, began + LONGEST_SECONDS):
            report.lost += left(world)
        report.recovery_s = _recovery(world, canary.last_death(), told) if report.killed else 0.0
        lost, report.doubled = count(world, told)
        report.lost += lost
        report.audit = audit(world)
    finally:
        canary.end()
    report.seconds = time.monotonic() - began
    return report


def _tell(world: World, canary: Canary, fewest: int, most: int, deadline: float) -> list[Told]:
    told: list[Told] = []
    free = list(range(len(world.studio_tokens)))

    def story(studio: int, number: int) -> None:
        try:
            tell(world, studio, number, told[number])
        except Exception as problem:  # noqa: BLE001 - whatever stopped it, the books say what was lost
            told[number].problem = f"story {number}: {problem!r}"
        told[number].ended = time.time()
        free.append(studio)

    with ThreadPoolExecutor(len(free)) as buyers, world.connect() as owner:
        while time.monotonic() < deadline and len(told) < most and (len(told) < fewest or canary.alive()):
            if free:
                told.append(Told())
                buyers.submit(story, free.pop(0), len(told) - 1)
            _hurry(owner)
            time.sleep(LOOK_EVERY)
        while len(free) < len(world.studio_tokens):
            _hurry(owner)
            time.sleep(LOOK_EVERY)
    return told


def _recovery(world: World, death: float, told: Sequence[Told]) -> float:
    with world.connect() as owner:
        caused = owner.execute(CAUGHT_UP, {"at": datetime.fromtimestamp(death, UTC)}).fetchone()
    done = caused[0].timestamp() if caused and caused[0] else death
    return max([done, *(story.ended for story in told if story.began <= death)]) - death


def _hurry(owner: psycopg.Connection[object]) -> None:
    with suppress(psycopg.Error):
        owner.execute(HURRY)


def _settle(world: World, deadline: float) -> bool:
    with world.connect() as owner:
        while time.monotonic() < deadline + 30:
            _hurry(owner)
            if settled(world) == 0:
                return True
            time.sleep(LOOK_EVERY)
    return False
