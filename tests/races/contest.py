"""Contenders behind a barrier, each with a thread of its own, and what came of them."""

import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from flask import Flask
from sqlalchemy import Engine, create_engine, text

from app import Outside, create_app
from entitlements import MemoryProvisioner
from foundation import clock
from foundation.audit import verify, violations_of
from foundation.database import database, transaction
from foundation.mail import MemoryMailer
from shop import MemoryGateway
from tests.addons import until

LONGEST_SECONDS = 60.0

Act = Callable[[int], object]


@dataclass
class Tally:
    """What a race came to: outcomes by name over all rounds, and every invariant found broken, in words."""

    rounds: int = 0
    contenders: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def count(self, outcomes: list[object]) -> None:
        """Add a round: a value counts under itself, a problem under its type."""
        self.rounds += 1
        self.contenders = len(outcomes)
        self.outcomes.update(
            type(outcome).__name__ if isinstance(outcome, BaseException) else str(outcome) for outcome in outcomes
        )

    def expect(self, holds: bool, sentence: str) -> None:
        """Note `sentence` as broken unless it holds."""
        if not holds:
            self.broken.append(sentence)

    def line(self, name: str) -> str:
        """The figures, as printed."""
        counted = " ".join(f"{outcome}={count}" for outcome, count in sorted(self.outcomes.items()))
        return f"{name}: rounds={self.rounds} contenders={self.contenders} {counted} broken={len(self.broken)}"


def contend(contenders: int, act: Act, seconds: float = LONGEST_SECONDS) -> list[object]:
    """Let every contender act at the same instant; answers each one's value, or the exception it ended with.

    Fails when one has not ended after `seconds`, and says where it stands.
    """
    barrier = threading.Barrier(contenders)
    outcomes: list[object] = [None] * contenders

    def run(number: int) -> None:
        try:
            barrier.wait(LONGEST_SECONDS)
            outcomes[number] = act(number)
        except Exception as problem:  # noqa: BLE001 - whatever happened is the outcome
            outcomes[number] = problem

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(contenders)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    waiting = [_where(thread) for thread in threads if thread.is_alive()]
    assert not waiting, f"{len(waiting)} contenders still wait: a deadlock nobody resolved\n{waiting[0]}"
    return outcomes


def _where(thread: threading.Thread) -> str:
    """The calls a thread is in."""
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - the documented way to another thread's calls
    return "".join(traceback.format_stack(frame)) if frame else "it has just ended"


@contextmanager
def racing_app(database_url: str) -> Iterator[Flask]:
    """The application on a database whose rows are really committed."""
    outside = Outside(gateway=MemoryGateway(), provisioner=MemoryProvisioner(), mailer=MemoryMailer())
    app = create_app({"DATABASE_URL": database_url, "SHOP_ENV": "test"}, outside)
    with app.app_context():
        # Flask-SQLAlchemy keeps its engines in a plain dict, whatever its type says.
        engines = cast("dict[str | None, Engine]", database.engines)
        # As many as several programs have: it is rows they contend for, not places in a pool.
        options = app.config["SQLALCHEMY_ENGINE_OPTIONS"] | {"pool_size": 36, "max_overflow": 0}
        engines[None] = create_engine(engines[None].url, **options)
    try:
        yield app
    finally:
        with app.app_context():
            database.engine.dispose()


def audit_finds(app: Flask) -> list[str]:
    """Every violation the audit names."""
    with app.app_context(), transaction() as session:
        return violations_of(verify(session))


def rows(app: Flask, query: str, **values: object) -> int:
    """The one number a query answers."""
    with app.app_context(), transaction() as session:
        return int(session.execute(text(query), values).scalar_one())


def until_so_many_wait(app: Flask, wanted: int) -> None:
    """Return once so many connections wait for a lock."""
    waiting = (
        "SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE a.datname = current_database() AND NOT l.granted"
    )
    deadline = time.monotonic() + LONGEST_SECONDS
    while (found := rows(app, waiting)) < wanted:
        assert time.monotonic() < deadline, f"{found} of {wanted} wait"
        time.sleep(0.02)


def go_on_to(day: date) -> None:
    """Business time goes on to noon of a Rome day, for every thread and in the database; the test puts it back."""
    shift = until(day)
    with transaction() as session:
        session.execute(text('INSERT INTO clock_shift ("only", shift) VALUES (true, :shift)'), {"shift": shift})
    clock.follow(shift)
