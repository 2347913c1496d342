"""State table of a service: pure, from its days and from its base, with a named error for every illegal step (F004-23).

A base service that ends is limited for ninety days (sent documents can be looked at and recovered, received ones still
arrive), then closed for good. Modules and lots wait with their base: those with days left come back with it, those
that ended with it by a renewal of their own, while it is limited. A plan only lapses.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

ServiceState = Literal["ACTIVE", "LIMITED", "CLOSED", "SUSPENDED", "EXPIRED"]
ServiceStep = Literal["expire", "close", "renew", "base_ended", "base_back", "lapse", "refuse"]

SERVICE_STATES: tuple[ServiceState, ...] = ("ACTIVE", "LIMITED", "CLOSED", "SUSPENDED", "EXPIRED")
SERVICE_STEPS: tuple[ServiceStep, ...] = ("expire", "close", "renew", "base_ended", "base_back", "lapse", "refuse")
LIMITED_FOR = timedelta(days=90)

_TABLE: dict[tuple[ServiceState, ServiceStep], ServiceState] = {
    # A base service.
    ("ACTIVE", "expire"): "LIMITED",
    ("LIMITED", "close"): "CLOSED",
    ("LIMITED", "renew"): "ACTIVE",
    ("ACTIVE", "renew"): "ACTIVE",
    # A module or a lot of seats; a plan, that only lapses.
    ("ACTIVE", "base_ended"): "SUSPENDED",
    ("SUSPENDED", "base_back"): "ACTIVE",
    ("ACTIVE", "lapse"): "EXPIRED",
    ("SUSPENDED", "lapse"): "EXPIRED",
    # Paid for while its base was limited, but fulfilled after that was renewed without it.
    ("EXPIRED", "renew"): "ACTIVE",
    ("SUSPENDED", "renew"): "SUSPENDED",
    # Any of them, when the vendor refuses its company for good.
    ("ACTIVE", "refuse"): "CLOSED",
    ("LIMITED", "refuse"): "CLOSED",
    ("SUSPENDED", "refuse"): "CLOSED",
    ("EXPIRED", "refuse"): "CLOSED",
}


class IllegalServiceStep(Exception):
    """A service in `state` cannot take `step`: a closed one never opens again."""

    def __init__(self, state: ServiceState, step: ServiceStep) -> None:
        super().__init__(f"{state} -> {step}")
        self.state = state
        self.step = step


def next_service_state(state: ServiceState, step: ServiceStep) -> ServiceState:
    """The state after `step`. Raises IllegalServiceStep where the table has no entry."""
    if (state, step) not in _TABLE:
        raise IllegalServiceStep(state, step)
    return _TABLE[state, step]


@dataclass(frozen=True, slots=True)
class Days:
    """The Rome days a service has been paid for, half-open."""

    starts_on: date
    ends_on: date

    def cover(self, day: date) -> bool:
        """Whether the service was paid for on this day."""
        return self.starts_on <= day < self.ends_on


def base_state_on(days: Days, on: date) -> ServiceState:
    """How a base service stands on a day: ACTIVE, LIMITED for ninety days after its end, then CLOSED."""
    if on < days.ends_on:
        return "ACTIVE"
    return "LIMITED" if on < closes_on(days.ends_on) else "CLOSED"


def closes_on(ends_on: date) -> date:
    """The first day on which a base service that ended on `ends_on` is closed."""
    return ends_on + LIMITED_FOR


def attached_state_on(days: Days, base: Days | None, on: date) -> ServiceState:
    """How a module or a lot stands on a day, given the days of its base (None without one).

    What ended together with a base that is limited waits with it: both can still be renewed (F004-22).
    """
    stands = base_state_on(base, on) if base else None
    waits = base is not None and stands == "LIMITED" and days.ends_on == base.ends_on
    if on >= days.ends_on and not waits:
        return "EXPIRED"
    return "ACTIVE" if stands == "ACTIVE" else "SUSPENDED"


def steps_between(told: ServiceState, now: ServiceState, *, base: bool) -> tuple[ServiceStep, ...]:
    """The steps that lead from the state last told to the state of today, however long nobody looked."""
    if told == now:
        return ()
    if base:
        if told == "ACTIVE":
            return ("expire",) if now == "LIMITED" else ("expire", "close")
        return ("close",) if now == "CLOSED" else ("renew",)
    if now == "EXPIRED":
        return ("lapse",)
    if told == "EXPIRED":
        return ("renew",) if now == "ACTIVE" else ("renew", "base_ended")
    return ("base_ended",) if now == "SUSPENDED" else ("base_back",)
