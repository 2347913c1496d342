"""Whoever waits for a wallet that somebody else uses is served in the order of coming, and passed over by nobody."""

import threading
import time
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from entitlements.wallets import Consumed, NotEnough, consume
from foundation.database import apart, transaction
from tests.database import fresh_database
from tests.races.contest import LONGEST_SECONDS, racing_app
from tests.races.service_races import ready_company, stocked
from tests.stories import a_paid_order

pytestmark = pytest.mark.race
WAITERS = 7
_WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def racing(worker_id: str) -> Iterator[Flask]:
    with fresh_database(f"gettone_line_{worker_id}") as url, racing_app(url) as app:
        yield app


def test_whoever_came_first_is_served_first(racing: Flask) -> None:
    studio = stocked(racing)
    company_id = ready_company(racing, studio)
    with racing.app_context(), transaction() as session:
        a_paid_order(session, studio, "INVOICES-100")
    served: list[int] = []

    def use(number: int) -> None:
        with racing.app_context(), transaction() as session:
            assert isinstance(_take_one(session, company_id, studio.id, number), Consumed)
            # Still in line: the next one goes on when this transaction ends.
            served.append(number)

    waiting = [threading.Thread(target=use, args=(number,), daemon=True) for number in range(1, WAITERS + 1)]
    with racing.app_context(), transaction() as session:
        _take_one(session, company_id, studio.id, 0)
        for place, one in enumerate(waiting, start=1):
            one.start()
            _until_so_many_wait(place)
    for one in waiting:
        one.join(LONGEST_SECONDS)
    assert served == list(range(1, WAITERS + 1))


def _take_one(session: Session, company_id: UUID, studio_id: UUID, number: int) -> Consumed | NotEnough:
    return consume(session, company_id, [studio_id], "documents", 1, f"in line {number}")


def _until_so_many_wait(count: int) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        with apart() as session:
            if session.execute(_WAITING).scalar_one() == count:
                return
        time.sleep(0.01)
    raise AssertionError(f"nobody became the {count}. in line")
