"""The storm (R01): orders by card and transfer through sockets while everything dies, and what must be true afterwards.

A run is told by its seed: who dies, which letters are lost or doubled, how the vendor fails; only the instants differ.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from tests.crash.books import audit, count, left, settled
from tests.crash.crew import Crew
from tests.crash.killer import Killed, Killer
from tests.crash.nursery import nursery
from tests.crash.points import CRASHES, Crash
from tests.crash.programs import Starter
from tests.crash.server import a_server
from tests.crash.story import Told, tell
from tests.crash.weather import Weather
from tests.crash.world import World, world_on

SLOWEST_RECOVERY_S = 10.0
LEAST_IN_FLIGHT = 0.8
LOOK_EVERY = 0.05
# A key is free for the next try some seconds after the process died that held it, and the next may die as well.
PATIENCE_S = 180.0
SETTLES_WITHIN = 120.0


@dataclass(frozen=True)
class Plan:
    """How much of a storm: orders, kills, buyers at once; `forked` programs come from a nursery, else as `make run`."""

    orders: int
    kills: int
    seed: int
    minutes: float
    buyers: int = 16
    crashes: tuple[Crash, ...] = CRASHES
    forked: bool = False
    slowest_recovery_s: float = SLOWEST_RECOVERY_S


def busy() -> str:
    """That others use the machine, in words, where they use it so much that times say nothing; else nothing."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    return f"the machine was busy before it began (load {load:.1f} on {cores} cores)" if load > cores else ""


@dataclass
class Storm:
    """What came of it."""

    plan: Plan
    told: list[Told] = field(default_factory=list)
    killed: Killed = field(default_factory=Killed)
    at_points: int = 0
    unreached: list[str] = field(default_factory=list)
    letters_lost: int = 0
    left: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    audit: list[str] = field(default_factory=list)
    seconds: float = 0.0
    busy: str = field(default_factory=busy)

    @property
    def acknowledged(self) -> int:
        return sum(bool(one.order) for one in self.told)

    @property
    def recovery_max_s(self) -> float:
        return max(self.killed.recoveries, default=0.0)

    def line(self) -> str:
        """The figures, as printed."""
        kinds = " ".join(f"{kind}={number}" for kind, number in sorted(self.killed.kinds.items()))
        share = self.killed.in_flight / max(self.killed.count, 1)
        return (
            f"seed={self.plan.seed} orders={self.acknowledged} kills={self.killed.count} ({kinds})"
            f" in_flight={share:.0%} at_points={self.at_points} points={len(self.plan.crashes)}"
            f" letters_lost={self.letters_lost} gave_up={sum(bool(one.problem) for one in self.told)}"
            f" lost={len(self.lost)} doubled={len(self.doubled)}"
            f" outbox_left={self.left} recovery_max_s={self.recovery_max_s:.1f} seconds={self.seconds:.0f}"
            f" audit={'clean' if not self.audit else 'violated'}"
        )

    def broken(self) -> list[str]:
        """Every broken invariant in words."""
        slow = [f"recovery took {self.recovery_max_s:.1f} s"] if self._slow() and not self.busy else []
        work = [f"{self.left} jobs, letters or mails are left"] if self.left else []
        return [*self.lost, *self.doubled, *self.audit, *work, *slow]

    def _slow(self) -> bool:
        return self.recovery_max_s > self.plan.slowest_recovery_s

    def denied(self) -> str:
        """What the environment did not let happen; empty where all of the storm took place."""
        told = self.plan.orders - self.acknowledged
        idle = self.killed.count * LEAST_IN_FLIGHT - self.killed.in_flight
        denied = {
            f"{told} orders fewer than planned were acknowledged": told > 0,
            f"only {self.killed.count} of {self.plan.kills} were killed": self.killed.count < self.plan.kills,
            f"only {self.killed.in_flight} of {self.killed.count} kills met work in flight": idle > 0,
            f"never reached: {', '.join(self.unreached)}": bool(self.unreached),
            f"recovery took {self.recovery_max_s:.1f} s, but {self.busy}": self._slow() and bool(self.busy),
        }
        return "; ".join(sentence for sentence, true in denied.items() if true)


def _promising(told: Sequence[Told]) -> int:
    """Stories whose order is acknowledged, or still may be."""
    return sum(bool(one.order) or not one.ended for one in told)


def blow(plan: Plan, folder: Path) -> Storm:
    """Let a storm blow on a PostgreSQL of its own, then count."""
    began, storm = time.monotonic(), Storm(plan)
    with a_server() as server, world_on(server.url, folder, plan.buyers) as found:
        world = replace(found, patience=PATIENCE_S)
        with _crew(world, plan) as crew:
            weather, killer = Weather(world, plan.seed), Killer(world, server, crew, plan.seed)
            weather.start()
            killing = threading.Thread(target=_endanger, args=(killer, crew, plan.kills), name="killer")
            killing.start()
            deadline = began + plan.minutes * 60
            storm.told = _tell(world, plan, lambda: killing.is_alive() or bool(crew.unreached()), deadline)
            killer.stop()
            killing.join()
            weather.calm()
            storm.left = _settle(world, storm.told)
            weather.end()
            storm.killed, storm.letters_lost = killer.killed, weather.lost
            storm.unreached, storm.at_points = [str(one) for one in crew.unreached()], len(crew.at_points)
            if storm.left:
                storm.lost += left(world)
        lost, storm.doubled = count(world, storm.told)
        storm.lost += lost
        storm.audit = audit(world)
    storm.seconds = time.monotonic() - began
    return storm


def _endanger(killer: Killer, crew: Crew, kills: int) -> None:
    """First everybody is killed from outside, then each dies where it stands: so a recovery is of one kind of death."""
    killer.run(kills)
    crew.doom()


@contextmanager
def _crew(world: World, plan: Plan) -> Iterator[Crew]:
    with ExitStack() as stack:
        grown = stack.enter_context(nursery(world.environment)) if plan.forked else None
        crew = Crew(Starter(world.environment, world.folder, grown), world.front, plan.crashes, plan.seed)
        try:
            crew.start()
            yield crew
        finally:
            crew.end()


def _tell(world: World, plan: Plan, dangerous: Callable[[], bool], deadline: float) -> list[Told]:
    """Have stories told side by side, one after the other per buyer, until there are enough and the danger is over."""
    told: list[Told] = []
    taking = threading.Lock()

    def buy(studio: int) -> None:
        while time.monotonic() < deadline and (_promising(told) < plan.orders or dangerous()):
            with taking:
                story, number = Told(), len(told)
                told.append(story)
            with suppress(Exception):
                _story(world, studio, number, story)

    with ThreadPoolExecutor(plan.buyers) as buyers:
        list(buyers.map(buy, range(plan.buyers)))
    return told


def _story(world: World, studio: int, number: int, story: Told) -> None:
    try:
        tell(world, studio, number, story)
    except Exception as problem:  # noqa: BLE001 - whatever stopped it, the books say what became of it
        story.problem = f"story {number}: {problem!r}"
    story.ended = time.time()


def _settle(world: World, told: Sequence[Told]) -> int:
    """Wait until nothing is left to do and every promise is kept; answers how much work is left all the same."""
    deadline = time.monotonic() + SETTLES_WITHIN
    while True:
        with suppress(psycopg.Error):
            open_work = settled(world)
            if (open_work == 0 and not count(world, told)[0]) or time.monotonic() > deadline:
                return open_work
        time.sleep(LOOK_EVERY * 4)
