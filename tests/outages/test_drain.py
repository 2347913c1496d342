"""R17: programs asked to stop finish what they have begun: a rolling restart under load fails no request."""

import json
import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shop.orders.placing import CLAUSES
from tests.crash.client import ask
from tests.crash.programs import Running, Starter, answers, wait_for
from tests.crash.world import World, a_world
from tests.races.contest import audit_finds, racing_app
from tests.verdicts import FIGURE, Record, keep

pytestmark = [pytest.mark.race, pytest.mark.sockets, pytest.mark.torture]
RESTARTS, CALLERS = 20, 8
LONGEST_DRAIN_S = 30.0
# What a caller may be answered while programs change: served, or told to come more slowly.
SERVED = {200, 201, 429}


def call(world: World, caller: int, stop: threading.Event, statuses: Counter[str]) -> None:
    """Look and order by turns until told to stop; every answer and every silence counts."""
    headers = {"Authorization": f"Bearer {world.studio_tokens[caller]}", "Content-Type": "application/json"}
    line = {"sku": "LITE-1", "quantity": 1}
    order = {"lines": [line], "payment_method": "bank_transfer", "accepted_clauses": list(CLAUSES)}
    number = 0
    while not stop.is_set():
        number += 1
        keyed = headers | {"Idempotency-Key": f"drain-{caller}-{number}"}
        looks = number % 4
        try:
            answer = (
                ask("GET", f"{world.front.url}/api/v1/orders?limit=5", headers)
                if looks
                else ask("POST", f"{world.front.url}/api/v1/orders", keyed, json.dumps(order).encode())
            )
            statuses[str(answer.status)] += 1
        except OSError as problem:
            statuses[type(problem).__name__] += 1


def replaced(world: World, starter: Starter, old: Running) -> tuple[Running, float]:
    """A new web program takes over, then the old one is asked to stop; answers the new one and the drain's seconds."""
    new = starter.web()
    wait_for(new, lambda: answers(new.port or 0))
    world.front.targets = (new.port or 0,)
    began = time.monotonic()
    os.kill(old.process.pid, signal.SIGTERM)
    old.process.wait(LONGEST_DRAIN_S + 10)
    return new, time.monotonic() - began


def test_a_rolling_restart_under_load_fails_no_request(tmp_path: Path, worker_id: str, record_property: Record) -> None:
    statuses: Counter[str] = Counter()
    stop, drains = threading.Event(), []
    with a_world(f"gettone_drain_{worker_id}", tmp_path) as world:
        starter = Starter(world.environment, tmp_path)
        web = starter.web()
        try:
            wait_for(web, lambda: answers(web.port or 0))
            world.front.targets = (web.port or 0,)
            with ThreadPoolExecutor(CALLERS) as callers:
                calling = [callers.submit(call, world, caller, stop, statuses) for caller in range(CALLERS)]
                for _ in range(RESTARTS):
                    web, seconds = replaced(world, starter, web)
                    drains.append(seconds)
                stop.set()
                for one in calling:
                    one.result()
        finally:
            stop.set()
            web.end()
        with racing_app(world.database_url) as app:
            found = audit_finds(app)
        failed = {status: number for status, number in statuses.items() if status not in {str(one) for one in SERVED}}
        line = (
            f"restarts={RESTARTS} requests={statuses.total()} failed={sum(failed.values())}"
            f" drain_max_s={max(drains):.1f}"
        )
        print(line, dict(statuses))
        record_property(FIGURE, line)
        slow = [f"a drain took {max(drains):.1f} s"] if max(drains) > LONGEST_DRAIN_S else []
        keep([*(f"{number} requests ended in {status}" for status, number in failed.items()), *slow, *found])
