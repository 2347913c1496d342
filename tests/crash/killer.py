"""The killer of a storm: SIGKILL for a web program, a worker, a backend or the whole PostgreSQL, while they work."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg

from tests.crash.crew import Crew
from tests.crash.points import WEB, WORKER
from tests.crash.programs import Running, answers
from tests.crash.server import Server
from tests.crash.world import World

BACKEND, POSTGRES = "backend", "postgresql"
SHARES = {WEB: 38, WORKER: 38, BACKEND: 14, POSTGRES: 10}
BURST = (1, 5)
BETWEEN = (0.2, 1.0)
WAITS_FOR_WORK = 3.0
LONGEST_RECOVERY = 90.0
# What belongs to the engine's own beat is no work.
_BUSY = """
    SELECT pid, application_name FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
      AND (application_name LIKE 'web-%%' OR application_name LIKE 'worker-%%') AND query NOT LIKE '%%heartbeat%%'
"""
_IN_HANDS = "SELECT id, attempts FROM procrastinate_jobs WHERE status = 'doing'"


@dataclass
class Killed:
    """What was killed, and how it went: kills by kind, how many met work in flight, seconds of every recovery."""

    kinds: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    recoveries: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.kinds.total()


def _deck(kills: int) -> list[str]:
    """So many kills, of the kinds by their shares, and at least one of each where there are enough."""
    deck = [kind for kind, share in SHARES.items() for _ in range(max(1, kills * share // 100))]
    return [*deck, *[WEB, WORKER] * kills][:kills] if len(deck) < kills else deck[-kills:]


class Killer:
    """Kills in bursts; after each it waits until everything that was in the hands of the dead is in others' hands."""

    def __init__(self, world: World, server: Server, crew: Crew, seed: int) -> None:
        self._world, self._server, self._crew = world, server, crew
        self._chance = random.Random(seed)  # noqa: S311 - a seeded choice of victims
        self._stop = threading.Event()
        self._struck_at = 0.0
        self.killed = Killed()

    def run(self, kills: int) -> None:
        """Kill until `kills` have died, or until told to stop."""
        deck = _deck(kills)
        self._chance.shuffle(deck)
        while deck and not self._stop.is_set():
            hands: dict[int, int] = {}
            for _ in range(min(self._chance.randint(*BURST), len(deck))):
                kind = deck.pop()
                met = self._kill(kind)
                if met is None:
                    # All of that kind are dead already: their turn comes later.
                    deck.insert(0, kind)
                else:
                    hands |= met
                self._stop.wait(self._chance.uniform(*BETWEEN))
            self._recover(hands)

    def stop(self) -> None:
        """Kill no more."""
        self._stop.set()

    def _kill(self, kind: str) -> dict[int, int] | None:
        """Kill one of a kind, at work if it can be met so; answers the jobs that were in anybody's hands.

        None where none of that kind lives.
        """
        find = {WEB: self._busy_web, WORKER: self._busy_worker}.get(kind, self._busy_backend)
        deadline = time.monotonic() + WAITS_FOR_WORK
        strike: Callable[[], None] | None = None
        while strike is None and time.monotonic() < deadline and not self._stop.is_set():
            with suppress(psycopg.Error):
                strike = find(kind)
            if strike is None:
                time.sleep(0.02)
        at_work = strike is not None
        strike = strike or self._idle(kind)
        if strike is None:
            return None
        self.killed.in_flight += at_work
        hands = self._in_hands()
        self._struck_at = time.monotonic()
        strike()
        self.killed.kinds[kind] += 1
        return hands

    def _busy_web(self, kind: str) -> Callable[[], None] | None:
        webs = [one for one in self._crew.victims(kind) if one.port is not None and self._world.front.inside(one.port)]
        return self._ending(webs)

    def _busy_worker(self, kind: str) -> Callable[[], None] | None:
        at_work = {name for _, name in self._world.rows(_BUSY)}
        return self._ending([one for one in self._crew.victims(kind) if one.label in at_work])

    def _busy_backend(self, kind: str) -> Callable[[], None] | None:
        busy = self._world.rows(_BUSY)
        if not busy:
            return None
        if kind == POSTGRES:
            return self._server.kill
        pid = int(self._chance.choice(busy)[0])
        return lambda: self._server.kill_backend(pid)

    def _idle(self, kind: str) -> Callable[[], None] | None:
        return self._server.kill if kind == POSTGRES else self._ending(self._crew.victims(kind))

    def _ending(self, victims: list[Running]) -> Callable[[], None] | None:
        if not victims:
            return None
        victim = self._chance.choice(victims)

        def strike() -> None:
            victim.killed = True
            victim.end()

        return strike

    def _in_hands(self) -> dict[int, int]:
        with suppress(psycopg.Error):
            return dict(self._world.rows(_IN_HANDS))
        return {}

    def _recover(self, hands: dict[int, int]) -> None:
        """Note how long after the last death the shop answers again, and every job has left the hands it was in."""
        while not self._recovered(hands):
            took = time.monotonic() - self._struck_at
            if took > LONGEST_RECOVERY:
                break
            time.sleep(0.05)
        self.killed.recoveries.append(time.monotonic() - self._struck_at)

    def _recovered(self, hands: dict[int, int]) -> bool:
        if not answers(self._world.front.port, "/readyz"):
            return False
        try:
            still = dict(self._world.rows(_IN_HANDS))
        except psycopg.Error:
            return False
        return not any(still.get(job) == attempts for job, attempts in hands.items())
