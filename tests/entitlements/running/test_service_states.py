"""A service from its days and its base, pure: the day of the end, the ninetieth day, leap years and long silences."""

from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlements.running.service_states import (
    LIMITED_FOR,
    SERVICE_STATES,
    Days,
    ServiceState,
    attached_state_on,
    base_state_on,
    closes_on,
    next_service_state,
    steps_between,
)

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
BASE_STATES: tuple[ServiceState, ...] = ("ACTIVE", "LIMITED", "CLOSED")
ATTACHED_STATES: tuple[ServiceState, ...] = ("ACTIVE", "SUSPENDED", "EXPIRED")


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2027, 12, 31), "ACTIVE"),
        (date(2028, 1, 1), "LIMITED"),
        (date(2028, 2, 29), "LIMITED"),
        (date(2028, 3, 30), "LIMITED"),
        (date(2028, 3, 31), "CLOSED"),
    ],
)
def test_a_base_service_works_to_its_last_day_is_limited_for_ninety_and_then_closed(on: date, state: str) -> None:
    """F004-23, over a leap day: 1 January 2028 plus ninety days is 31 March."""
    assert base_state_on(Days(date(2027, 1, 1), date(2028, 1, 1)), on) == state


@given(starts=DAYS, length=st.integers(1, 4_000), after=st.integers(-4_000, 4_000))
def test_the_limited_time_is_ninety_days_whatever_the_calendar(starts: date, length: int, after: int) -> None:
    ends = starts + timedelta(days=length)
    on = ends + timedelta(days=after)
    state = base_state_on(Days(starts, ends), on)
    assert (state == "ACTIVE") == (after < 0)
    assert (state == "LIMITED") == (0 <= after < LIMITED_FOR.days)
    assert (state == "CLOSED") == (on >= closes_on(ends))


@pytest.mark.parametrize(
    ("base_ends_on", "state"),
    [
        (date(2027, 1, 31), "ACTIVE"),
        (date(2027, 1, 30), "SUSPENDED"),
        (date(2026, 11, 1), "SUSPENDED"),
        (date(2026, 10, 1), "SUSPENDED"),
        (None, "SUSPENDED"),
    ],
)
def test_a_module_with_days_left_waits_with_its_base(base_ends_on: date | None, state: str) -> None:
    base = Days(date(2025, 10, 1), base_ends_on) if base_ends_on else None
    assert attached_state_on(Days(date(2026, 1, 31), date(2027, 1, 31)), base, date(2027, 1, 30)) == state


@pytest.mark.parametrize(
    ("base_ends_on", "on", "state"),
    [
        (date(2027, 1, 31), date(2027, 1, 31), "SUSPENDED"),
        (date(2027, 1, 31), date(2027, 4, 30), "SUSPENDED"),
        (date(2027, 1, 31), date(2027, 5, 1), "EXPIRED"),
        # The base ended before, ends after, or there is none: the module is over at its own end.
        (date(2027, 1, 30), date(2027, 1, 31), "EXPIRED"),
        (date(2028, 1, 31), date(2027, 1, 31), "EXPIRED"),
        (None, date(2027, 1, 31), "EXPIRED"),
    ],
)
def test_a_module_that_ended_with_its_base_waits_until_that_closes(
    base_ends_on: date | None, on: date, state: str
) -> None:
    """F004-22, F004-23: both can still be renewed, together."""
    base = Days(date(2025, 1, 31), base_ends_on) if base_ends_on else None
    assert attached_state_on(Days(date(2026, 1, 31), date(2027, 1, 31)), base, on) == state


def test_days_cover_their_first_and_not_their_end() -> None:
    days = Days(date(2026, 3, 29), date(2026, 10, 25))
    assert [days.cover(day) for day in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24))] == [
        False,
        True,
        True,
    ]
    assert not days.cover(date(2026, 10, 25))


@pytest.mark.parametrize("told", SERVICE_STATES)
@pytest.mark.parametrize("now", SERVICE_STATES)
def test_the_steps_between_two_looks_lead_through_the_table_however_long_nobody_looked(
    told: ServiceState, now: ServiceState
) -> None:
    for base, states in ((True, BASE_STATES), (False, ATTACHED_STATES)):
        if told not in states or now not in states or (told == "CLOSED" and now != "CLOSED"):
            continue
        state = told
        for step in steps_between(told, now, base=base):
            state = next_service_state(state, step)
        assert state == now


def test_every_state_belongs_to_a_base_or_to_what_stands_beside_it() -> None:
    assert set(BASE_STATES) | set(ATTACHED_STATES) == set(SERVICE_STATES) == set(get_args(ServiceState))
