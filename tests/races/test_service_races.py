"""R04, R05 and their kin at the services, with rows really committed (Stripe check 2)."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from foundation.database import apart, transaction
from shop import Order
from tests.database import fresh_database
from tests.races.contest import racing_app
from tests.races.last_things import LAST_THINGS
from tests.races.service_races import RACES, stocked
from tests.stories import an_order
from tests.verdicts import FIGURE, Record

pytestmark = pytest.mark.race
FULL = os.environ.get("TORTURE") == "full"
# Race, (rounds, contenders) in the daily run, and under `make torture`.
SIZES = [
    ("last_coupon", (6, 16), (200, 64)),
    ("same_cart", (5, 8), (100, 32)),
    ("two_tabs", (8, 6), (100, 12)),
    ("same_money", (4, 20), (100, 20)),
    ("wallet", (50, 8), (500, 32)),
    ("one_licence", (5, 9), (100, 18)),
    ("last_seat", (4, 8), (200, 64)),
    ("same_invitation", (4, 8), (200, 64)),
]


@pytest.fixture
def racing(worker_id: str) -> Iterator[Flask]:
    with fresh_database(f"gettone_race_{worker_id}") as url, racing_app(url) as app:
        yield app


@pytest.mark.parametrize(("name", "daily", "full"), SIZES, ids=[size[0] for size in SIZES])
def test_whoever_contends_for_the_same_rows_gets_one_effect(
    racing: Flask, name: str, daily: tuple[int, int], full: tuple[int, int], record_property: Record
) -> None:
    tally = (RACES | LAST_THINGS)[name](racing, *(full if FULL else daily))
    print(tally.line(name))
    record_property(FIGURE, tally.line(name))
    assert tally.rounds > 0
    assert tally.broken == []


@pytest.mark.parametrize("by_key", [False, True])
def test_a_row_locked_after_it_was_read_shows_what_stands_now(racing: Flask, by_key: bool) -> None:
    studio = stocked(racing)
    with racing.app_context(), transaction() as session:
        order = an_order(session, studio)
    with racing.app_context(), transaction() as session:
        seen = session.get_one(Order, order.id)
        assert seen.version == 1
        with apart() as rival:
            rival.execute(update(Order).where(Order.id == order.id).values(version=2))
        query = select(Order).where(Order.id == order.id).with_for_update()
        locked = session.get_one(Order, order.id, with_for_update=True) if by_key else session.scalars(query).one()
        assert locked is seen
        assert seen.version == 2
