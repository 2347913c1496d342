from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import clock

SECOND = timedelta(seconds=1)

# Each line: an instant at which a Rome day begins, in UTC, and that day (R08, A5; winter +1 h, summer +2 h).
BEGINNINGS = [
    ("2026-12-31T23:00:00", "2027-01-01"),  # the year, an hour before UTC's
    ("2027-12-31T23:00:00", "2028-01-01"),
    ("2026-10-24T22:00:00", "2026-10-25"),  # a day of 25 h
    ("2026-10-25T23:00:00", "2026-10-26"),
    ("2027-03-27T23:00:00", "2027-03-28"),  # a day of 23 h
    ("2027-03-28T22:00:00", "2027-03-29"),
    ("2027-10-30T22:00:00", "2027-10-31"),  # a day of 25 h
    ("2027-10-31T23:00:00", "2027-11-01"),
    ("2028-02-28T23:00:00", "2028-02-29"),  # a leap day
    ("2028-02-29T23:00:00", "2028-03-01"),
    ("2027-02-28T23:00:00", "2027-03-01"),
    ("2026-11-14T23:00:00", "2026-11-15"),  # renewal coupons are issued
    ("2026-11-15T23:00:00", "2026-11-16"),
    ("2027-06-30T22:00:00", "2027-07-01"),  # after the last second of the cancellation
]
INSTANTS = [
    (datetime.fromisoformat(instant).replace(tzinfo=UTC) + step, date.fromisoformat(day) + timedelta(days=days))
    for instant, day in BEGINNINGS
    for step, days in ((-SECOND, -1), (timedelta(), 0), (SECOND, 0))
]


@pytest.fixture(autouse=True)
def _clock_back_in_place() -> Iterator[None]:
    yield
    clock.follow(timedelta())


def test_there_are_at_least_forty_instants() -> None:
    assert len(INSTANTS) >= 40


@pytest.mark.parametrize(("instant", "day"), INSTANTS, ids=lambda value: value.isoformat())
def test_an_instant_falls_on_its_rome_day(instant: datetime, day: date) -> None:
    assert clock.rome_day(instant) == day
    clock.follow(instant - clock.real_now())
    assert clock.today() == day


@pytest.mark.parametrize(("instant", "day"), BEGINNINGS)
def test_a_rome_day_begins_at_its_midnight(instant: str, day: str) -> None:
    assert clock.rome_midnight(date.fromisoformat(day)) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [("2027-03-28", 23), ("2026-10-25", 25), ("2027-10-31", 25), ("2027-07-01", 24)]
)
def test_days_of_the_change_are_an_hour_shorter_or_longer(day: str, hours: int) -> None:
    on = date.fromisoformat(day)
    length = clock.rome_midnight(on + timedelta(days=1)) - clock.rome_midnight(on)
    assert length == timedelta(hours=hours)


def test_the_hour_that_happens_twice_is_two_instants_of_one_day() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    walls = {instant.astimezone(clock.ROME).strftime("%H:%M") for instant in (first, second)}
    assert walls == {"02:30"}
    assert clock.rome_day(first) == clock.rome_day(second) == date(2026, 10, 25)


def test_the_last_second_of_a_year_in_rome_is_not_the_last_of_utc() -> None:
    last = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
    assert last.astimezone(clock.ROME).strftime("%d/%m/%Y %H:%M:%S") == "31/12/2026 23:59:59"
    assert clock.rome_day(last).year == 2026
    assert clock.rome_day(last + SECOND).year == 2027
    assert (last + SECOND).date().year == 2026, "a day taken from UTC would be a whole year off"


def test_business_time_is_real_time_until_a_sandbox_moves_it() -> None:
    assert clock.shift() == timedelta()
    assert abs(clock.now() - clock.real_now()) < SECOND
    clock.follow(timedelta(days=30))
    assert abs(clock.now() - clock.real_now() - timedelta(days=30)) < SECOND


@given(st.integers(min_value=946_684_800, max_value=4_102_444_800))
def test_every_instant_lies_between_the_midnights_of_its_day(seconds: int) -> None:
    instant = datetime.fromtimestamp(seconds, UTC)
    day = clock.rome_day(instant)
    assert clock.rome_midnight(day) <= instant < clock.rome_midnight(day + timedelta(days=1))


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)))
def test_every_midnight_falls_on_its_own_day(day: date) -> None:
    midnight = clock.rome_midnight(day)
    assert clock.rome_day(midnight) == day
    assert clock.rome_day(midnight - SECOND) == day - timedelta(days=1)
