"""R10: the database's disk is full: the shop says so, loses nothing, and goes on as soon as there is room.

The disk is a tmpfs of its own; where none may be mounted, the check is INVALID.
"""

import json
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from foundation import postgres
from foundation.postgres_place import PrivateServerFailed
from shop.orders.placing import CLAUSES
from tests.crash.books import audit, count, settled
from tests.crash.client import ask
from tests.crash.nursery import nursery
from tests.crash.programs import Starter, answers, wait_for
from tests.crash.server import Server, a_server
from tests.crash.story import Told, tell
from tests.crash.world import World, world_on
from tests.verdicts import FIGURE, Invalid, Record, keep

pytestmark = [pytest.mark.race, pytest.mark.sockets, pytest.mark.torture]
SIZE_MIB = 256
STORIES, FULL_SECONDS, LONGEST_SECONDS = 24, 8.0, 120.0
SERVER_ERROR, SERVED = 500, {200, 201}


@contextmanager
def a_small_disk(folder: Path) -> Iterator[None]:
    """A disk of `SIZE_MIB` at `folder`. Raises Invalid where nothing may be mounted."""
    size = f"size={SIZE_MIB}m,mode=755"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", str(folder)], check=False, capture_output=True)
    if done.returncode != 0:
        raise Invalid(f"no tmpfs may be mounted here: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no room at all; what is to be deleted makes room again."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 65_536)
    return filler


def wish(world: World, number: int) -> int:
    """Ask for one more order; answers the status, 0 for none."""
    body = {"lines": [{"sku": "LITE-1", "quantity": 1}], "payment_method": "stripe", "accepted_clauses": list(CLAUSES)}
    headers = {"Authorization": f"Bearer {world.studio_tokens[-1]}", "Content-Type": "application/json"}
    headers |= {"Idempotency-Key": f"probe-{number}"}
    with suppress(OSError):
        return ask("POST", f"{world.front.url}/api/v1/orders", headers, json.dumps(body).encode()).status
    return 0


def probe(world: World, seconds: float) -> Counter[int]:
    """Ask for orders while there is no room: what was answered."""
    statuses: Counter[int] = Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        statuses[wish(world, statuses.total())] += 1
        time.sleep(0.1)
    return statuses


def until_served(world: World) -> float:
    """How long until an order is taken again; the one more order is among the wishes."""
    began = time.monotonic()
    while wish(world, -1) not in SERVED and time.monotonic() < began + LONGEST_SECONDS:
        time.sleep(0.05)
    return time.monotonic() - began


def watch(server: Server, stop: threading.Event) -> None:
    """Start PostgreSQL again when the full disk has ended it, as `make run` does."""
    while not stop.wait(0.5):
        with suppress(PrivateServerFailed):
            if not postgres.is_running(server.directory):
                postgres.ensure_running(server.directory)


def test_a_full_disk_is_told_loses_nothing_and_is_recovered_from(tmp_path: Path, record_property: Record) -> None:
    with (
        a_server(a_small_disk) as server,
        world_on(server.url, tmp_path, 5) as world,
        nursery(world.environment) as grown,
    ):
        starter, stop = Starter(world.environment, tmp_path, grown), threading.Event()
        programs = [starter.web(), starter.worker()]
        watching = threading.Thread(target=watch, args=(server, stop), daemon=True)
        try:
            wait_for(programs[0], lambda: answers(programs[0].port or 0))
            world.front.targets = (programs[0].port or 0,)
            watching.start()
            told = [Told() for _ in range(STORIES)]
            with ThreadPoolExecutor(4) as buyers:
                stories = [buyers.submit(_buy, world, told, first) for first in range(4)]
                time.sleep(3)
                filler = fill(server.directory)
                statuses = probe(world, FULL_SECONDS)
                filler.unlink()
                recovered = until_served(world)
                for story in stories:
                    story.result()
            left = _settle(world)
            lost, doubled = count(world, [*told, *[Told() for _ in range(statuses.total() + 1)]])
            found = audit(world)
        finally:
            stop.set()
            for program in programs:
                program.end()
    errors = sum(number for status, number in statuses.items() if status >= SERVER_ERROR)
    line = (
        f"answers_while_full={dict(sorted(statuses.items()))} 5xx={errors} orders={STORIES} lost={len(lost)}"
        f" doubled={len(doubled)} left={left} recovered_s={recovered:.1f}"
    )
    print(line)
    record_property(FIGURE, line)
    keep([*lost, *doubled, *found, *(one.problem for one in told if one.problem)])
    if errors == 0:
        raise Invalid("the disk was never full enough for the shop to notice")


def _buy(world: World, told: list[Told], first: int) -> None:
    for number in range(first, STORIES, 4):
        try:
            tell(world, first, number, told[number])
        except Exception as problem:  # noqa: BLE001 - whatever stopped it is what was lost
            told[number].problem = f"story {number}: {problem!r}"


def _settle(world: World) -> int:
    until = time.monotonic() + LONGEST_SECONDS
    while (left := settled(world)) and time.monotonic() < until:
        time.sleep(0.5)
    return left
