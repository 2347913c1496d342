"""Storage (F004-27): when it is filling up, and how much more to buy, by the average use of the last reports.

Pure. A gigabyte has a thousand million bytes, as on a price list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pricing.money import BASIS_POINTS

GIGABYTE: Final = 10**9
FILLING_BASIS_POINTS: Final = 7_000
"""Above this share of what is available it is filling up."""
AVERAGED_DAYS: Final = 90
"""How far back, from the newest report, the average reaches."""
AHEAD_DAYS: Final = 365
"""How long what is suggested must suffice: the year that is bought."""


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """How many bytes were in use on a day."""

    on: date
    used_bytes: int


def is_filling(used_bytes: int, limit_gb: int) -> bool:
    """Whether more than 70% of the gigabytes is in use; never where there are none to fill."""
    return limit_gb > 0 and used_bytes * BASIS_POINTS > limit_gb * GIGABYTE * FILLING_BASIS_POINTS


def expected_bytes(reports: Sequence[DayOfUse]) -> int:
    """What will be in use a year after the newest report, when it grows on as on an average day of the last ninety.

    Rounded up to a byte; use that has shrunk is expected to stay. Nothing reported, nothing expected.
    """
    if not reports:
        return 0
    newest = max(reports, key=lambda one: one.on)
    counted = [one for one in reports if (newest.on - one.on).days <= AVERAGED_DAYS]
    oldest = min(counted, key=lambda one: one.on)
    grown, days = newest.used_bytes - oldest.used_bytes, (newest.on - oldest.on).days
    return newest.used_bytes + (-(-grown * AHEAD_DAYS // days) if grown > 0 else 0)


def suggested_units(reports: Sequence[DayOfUse], limit_gb: int, unit_gb: int = 1) -> int:
    """The fewest units of `unit_gb` gigabytes with which storage will not be filling up in a year; 0: none."""
    wanted = expected_bytes(reports) * BASIS_POINTS - limit_gb * GIGABYTE * FILLING_BASIS_POINTS
    return max(0, -(-wanted // (unit_gb * GIGABYTE * FILLING_BASIS_POINTS)))
