"""Room: the gigabytes a company has, from its base and the lots beside it; it follows them when they end (F004-27)."""

from collections.abc import Sequence
from datetime import date

from entitlements.running.services_on import services_on
from entitlements.running.what_runs import HeldService

GIVING = frozenset({"ACTIVE", "SETUP_REQUIRED", "LIMITED", "SUSPENDED"})
"""States in which a service gives room: documents stay while a base is limited or a case is open."""


def giving_room(held: Sequence[HeldService], on: date) -> list[HeldService]:
    """The services that give room on a day."""
    started = [one for one in held if one.days.starts_on <= on]
    day = services_on(started, on)
    return [one for one in started if one.licence.storage_gb and day.state(one) in GIVING]


def room_on(held: Sequence[HeldService], on: date) -> int:
    """The gigabytes of a company on a day, from the services it has held."""
    return sum(one.licence.storage_gb for one in giving_room(held, on))
