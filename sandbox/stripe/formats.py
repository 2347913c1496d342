"""Amounts and moments as an Italian reads them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_ROME = ZoneInfo("Europe/Rome")


def money(cents: int) -> str:
    """Return an amount in euro with a no-break space before the sign: ``1.234,56 €``."""
    sign = "-" if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    return f"{sign}{euros:,}".replace(",", ".") + f",{rest:02d}\u00a0€"


def moment(second: float) -> str:
    """Return a moment in Rome: ``22/11/2026 15:40``."""
    return datetime.fromtimestamp(second, UTC).astimezone(_ROME).strftime("%d/%m/%Y %H:%M")


def clock_time(second: float) -> str:
    """Return the seconds-exact time of day in Rome, for lists of attempts."""
    return datetime.fromtimestamp(second, UTC).astimezone(_ROME).strftime("%H:%M:%S")
