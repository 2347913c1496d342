"""R17: programs asked to stop finish what they have begun: a rolling restart under load fails no request.

A program is asked to stop as whoever deploys does it: the door leads nobody there any more, and whoever was on the way
has arrived. What it has begun then, also for callers who are slow to say what they want, it finishes.
"""

import http.client
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shop.orders.placing import CLAUSES
from tests.crash.client import ask
from tests.crash.programs import Running, Starter, answers, wait_for
from tests.crash.world import World, a_world
from tests.races.contest import audit_finds, racing_app
from tests.verdicts import FIGURE, Invalid, Record, keep

pytestmark = [pytest.mark.race, pytest.mark.sockets, pytest.mark.torture]
RESTARTS, CALLERS, SLOW_CALLERS = 20, 8, 2
LONGEST_DRAIN_S = 30.0
ARRIVES_WITHIN_S, SLOW_S = 1.0, 2.5
# What a caller may be answered while programs change: served, or told to come more slowly.
SERVED = {200, 201, 429}


def call(world: World, caller: int, stop: threading.Event, statuses: Counter[str]) -> None:
    """Look and order by turns until told to stop; every answer and every silence counts.

    The last callers send what they order in two halves, with a pause between them that is longer than any way.
    """
    headers = {"Authorization": f"Bearer {world.studio_tokens[caller]}", "Content-Type": "application/json"}
    line = {"sku": "LITE-1", "quantity": 1}
    order = {"lines": [line], "payment_method": "bank_transfer", "accepted_clauses": list(CLAUSES)}
    number = 0
    while not stop.is_set():
        number += 1
        keyed = headers | {"Idempotency-Key": f"drain-{caller}-{number}"}
        looks = number % 4
        try:
            if caller >= CALLERS - SLOW_CALLERS:
                status = _order_slowly(world, keyed, json.dumps(order).encode())
            elif looks:
                status = ask("GET", f"{world.front.url}/api/v1/orders?limit=5", headers).status
            else:
                status = ask("POST", f"{world.front.url}/api/v1/orders", keyed, json.dumps(order).encode()).status
            statuses[str(status)] += 1
        except OSError as problem:
            statuses[type(problem).__name__] += 1


def _order_slowly(world: World, headers: Mapping[str, str], body: bytes) -> int:
    """The status of an order whose body came in two halves."""
    address = urlsplit(world.front.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=LONGEST_DRAIN_S)
    try:
        connection.request("POST", "/api/v1/orders", _halves(body), {**headers, "Content-Length": str(len(body))})
        return connection.getresponse().status
    finally:
        connection.close()


def _halves(body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    time.sleep(SLOW_S)
    yield body[len(body) // 2 :]


@dataclass(frozen=True)
class Drain:
    """How long a program took to stop, and how many callers were with it when it was asked to."""

    seconds: float
    in_flight: int


def replaced(world: World, starter: Starter, old: Running) -> tuple[Running, Drain]:
    """A new web program takes over, then the old one is asked to stop."""
    new = starter.web()
    wait_for(new, lambda: answers(new.port or 0))
    world.front.targets = (new.port or 0,)
    time.sleep(ARRIVES_WITHIN_S)
    began, in_flight = time.monotonic(), world.front.inside(old.port or 0)
    os.kill(old.process.pid, signal.SIGTERM)
    old.process.wait(LONGEST_DRAIN_S + 10)
    return new, Drain(time.monotonic() - began, in_flight)


def test_a_rolling_restart_under_load_fails_no_request(tmp_path: Path, worker_id: str, record_property: Record) -> None:
    statuses: Counter[str] = Counter()
    stop, drains = threading.Event(), list[Drain]()
    with a_world(f"gettone_drain_{worker_id}", tmp_path) as world:
        starter = Starter(world.environment, tmp_path)
        web = starter.web()
        try:
            wait_for(web, lambda: answers(web.port or 0))
            world.front.targets = (web.port or 0,)
            with ThreadPoolExecutor(CALLERS) as callers:
                calling = [callers.submit(call, world, caller, stop, statuses) for caller in range(CALLERS)]
                for _ in range(RESTARTS):
                    web, drain = replaced(world, starter, web)
                    drains.append(drain)
                stop.set()
                for one in calling:
                    one.result()
        finally:
            stop.set()
            web.end()
        with racing_app(world.database_url) as app:
            found = audit_finds(app)
        failed = {status: number for status, number in statuses.items() if status not in {str(one) for one in SERVED}}
        slowest, in_flight = max(one.seconds for one in drains), sum(one.in_flight for one in drains)
        line = (
            f"restarts={RESTARTS} in_flight={in_flight} requests={statuses.total()} failed={sum(failed.values())}"
            f" drain_max_s={slowest:.1f}"
        )
        print(line, dict(statuses))
        record_property(FIGURE, line)
        slow = [f"a drain took {slowest:.1f} s"] if slowest > LONGEST_DRAIN_S else []
        keep([*(f"{number} requests ended in {status}" for status, number in failed.items()), *slow, *found])
        if in_flight < RESTARTS:
            raise Invalid(f"only {in_flight} requests were in flight at {RESTARTS} restarts")
