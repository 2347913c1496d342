"""The two clocks (M18): business time, which only a sandbox may move, and real time.

Business time decides terms, windows, calendars and expiry. Real time decides signature tolerance, back-off and leases.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")
EARLIEST, BEYOND = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""What the API and the terms of every product can reckon with: from the first instant to just before the second."""

_shift = timedelta()


def real_now() -> datetime:
    """The instant as the machine knows it, in UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """The instant of business time, in UTC: real time plus the sandbox's shift."""
    return datetime.now(UTC) + _shift


def today() -> date:
    """The civil day in Europe/Rome at this instant of business time (D4)."""
    return rome_day(now())


def rome_day(instant: datetime) -> date:
    """The civil day in Europe/Rome on which `instant` falls."""
    return instant.astimezone(ROME).date()


def rome_midnight(day: date) -> datetime:
    """The UTC instant at which `day` begins in Rome."""
    return datetime(day.year, day.month, day.day, tzinfo=ROME).astimezone(UTC)


def shift() -> timedelta:
    """How far business time stands from real time in this process."""
    return _shift


def follow(new_shift: timedelta) -> None:
    """Set business time `new_shift` away from real time; the edge calls it with the stored shift (sandbox only)."""
    global _shift  # noqa: PLW0603 - one clock per process is the point
    _shift = new_shift
