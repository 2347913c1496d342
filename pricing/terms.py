"""Terms in Rome civil days, half-open (D4), and the cumulative price that makes extensions path-independent (D3)."""

from calendar import isleap
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from pricing.errors import InvalidTerm, NotACivilDay
from pricing.money import Money, half_up

MONTHS_IN_A_YEAR = 12
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY = 2
_CALENDAR = 20_000
"""Answers of the calendar that are remembered: a shop asks of the same few days all day long."""


def check_day(value: date) -> date:
    """The day itself; `NotACivilDay` for an instant, which Python also counts as a date."""
    if type(value) is not date and (isinstance(value, datetime) or not isinstance(value, date)):
        raise NotACivilDay(repr(value))
    return value


def add_months(anchor: date, months: int) -> date:
    """The day `months` calendar months after `anchor`, clamped to the end of a shorter month.

    Always counted from the original anchor: adding one month twelve times would drift from 31 to 28.
    """
    year, before = divmod(MONTHS_IN_A_YEAR * check_day(anchor).year + anchor.month - 1 + months, MONTHS_IN_A_YEAR)
    days = 29 if before + 1 == _FEBRUARY and isleap(year) else _DAYS[before]
    return date(year, before + 1, min(anchor.day, days))


@lru_cache(maxsize=_CALENDAR)
def months_ceil(start: date, end: date) -> int:
    """The smallest number of months, zero or more, that takes `start` to `end` or beyond: a begun month counts."""
    if check_day(end) <= check_day(start):
        return 0
    months = MONTHS_IN_A_YEAR * (end.year - start.year) + end.month - start.month
    return months if add_months(start, months) >= end else months + 1


@dataclass(frozen=True, slots=True)
class Term:
    """The days from `starts_on` to the day before `ends_on`. Raises `InvalidTerm` when that is no day at all."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if check_day(self.ends_on) <= check_day(self.starts_on):
            raise InvalidTerm(self.starts_on, self.ends_on)

    @property
    def last_day(self) -> date:
        """The last usable day, the one a person reads (D4)."""
        return self.ends_on - timedelta(days=1)

    def contains(self, day: date) -> bool:
        """Whether the day is one of the term."""
        return self.starts_on <= check_day(day) < self.ends_on


def twelve_month_term(starts_on: date) -> Term:
    """Twelve months from `starts_on`."""
    return Term(starts_on, add_months(starts_on, MONTHS_IN_A_YEAR))


def december_term(starts_on: date, last_year: int | None = None) -> Term:
    """From `starts_on` to 31 December included, of its own year or of `last_year` (F001-05, D7).

    Raises `InvalidTerm` when `last_year` is over before the term starts.
    """
    year = check_day(starts_on).year if last_year is None else last_year
    return Term(starts_on, date(year + 1, 1, 1))


def cumulative_price(unit_net: Money, quantity: int, anchor: date, until: date) -> Money:
    """`C(until)` of D3: the net price of `quantity` units from `anchor` to `until`, at `unit_net` a year, half-up."""
    months = months_ceil(anchor, until)
    return Money(half_up(unit_net.cents * quantity * months, MONTHS_IN_A_YEAR))


def charge(unit_net: Money, quantity: int, anchor: date, start: date, end: date) -> Money:
    """`C(end) - C(start)` of D3: what extending a lot from `start` to `end` costs, whatever steps led there."""
    return cumulative_price(unit_net, quantity, anchor, end) - cumulative_price(unit_net, quantity, anchor, start)
