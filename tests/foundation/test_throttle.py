from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from foundation import clock
from foundation.database import transaction
from foundation.housekeeping import sweep
from foundation.jobs import DueRow
from foundation.throttle import Limit, count_try, forget_tries, tally
from tests.conftest import Transact

THREE = Limit(3, timedelta(minutes=15))


@pytest.fixture(autouse=True)
def _inside(app: Flask) -> Iterator[None]:
    """Counting commits apart from any transaction, but needs to know the application."""
    context = app.app_context()
    context.push()
    yield
    context.pop()


def _window_ended() -> None:
    with transaction() as session:
        session.execute(text("UPDATE throttle_counters SET window_ends_at = window_ends_at - interval '15 minutes'"))


def test_tries_within_the_limit_are_allowed_and_the_next_must_wait() -> None:
    assert [count_try("sign-in:a", THREE) for _ in range(3)] == [None, None, None]
    wait = count_try("sign-in:a", THREE)
    assert wait is not None
    assert timedelta(minutes=14) < wait <= timedelta(minutes=15)


def test_each_key_is_counted_by_itself() -> None:
    for _ in range(4):
        count_try("sign-in:a", THREE)
    assert count_try("sign-in:b", THREE) is None


def test_a_window_that_has_ended_begins_anew_for_everybody() -> None:
    for _ in range(10):
        count_try("sign-in:a", THREE)
    _window_ended()
    assert [count_try("sign-in:a", THREE) for _ in range(3)] == [None, None, None]
    assert count_try("sign-in:a", THREE) is not None


def test_trying_on_does_not_make_the_window_longer() -> None:
    waits = [count_try("sign-in:a", THREE) for _ in range(6)]
    told = [wait for wait in waits if wait is not None]
    assert told == sorted(told, reverse=True), "nobody can lock somebody else out for ever"


def test_a_success_forgets_the_tries_before_it() -> None:
    for _ in range(3):
        count_try("sign-in:a", THREE)
    forget_tries("sign-in:a")
    assert count_try("sign-in:a", THREE) is None


def test_a_tally_tells_what_is_left() -> None:
    counted = [tally("api:a", THREE) for _ in range(4)]
    assert [one.left for one in counted] == [2, 1, 0, 0]
    assert [one.over for one in counted] == [False, False, False, True]
    assert 1 <= counted[0].seconds_left <= 900


def test_tries_count_even_where_the_request_is_rolled_back(committed_app: Flask) -> None:
    def refused_request() -> None:
        with transaction():
            count_try("sign-in:a", THREE)
            raise RuntimeError

    with committed_app.app_context():
        with pytest.raises(RuntimeError):
            refused_request()
        with transaction() as session:
            assert session.execute(text("SELECT count FROM throttle_counters")).scalar_one() == 1


def test_moving_the_business_clock_opens_no_window() -> None:
    for _ in range(4):
        count_try("sign-in:a", THREE)
    clock.follow(timedelta(days=1))
    assert count_try("sign-in:a", THREE) is not None


@pytest.mark.race
def test_tries_at_the_same_instant_are_all_counted(committed_app: Flask) -> None:
    limit = Limit(100, timedelta(minutes=15))

    def try_often(_worker: int) -> int:
        with committed_app.app_context():
            return sum(count_try("sign-in:a", limit) is None for _ in range(50))

    with ThreadPoolExecutor(8) as pool:
        allowed = sum(pool.map(try_often, range(8)))
    with committed_app.app_context(), transaction() as session:
        counted = session.execute(text("SELECT count FROM throttle_counters")).scalar_one()
    assert (allowed, counted) == (100, 400)


def test_ended_windows_are_swept_and_open_ones_stay(tx: Transact) -> None:
    count_try("old", THREE)
    _window_ended()
    count_try("open", THREE)
    with tx() as session:
        sweep(session, DueRow())
    with tx() as session:
        assert session.execute(text("SELECT key FROM throttle_counters")).scalars().all() == ["open"]
