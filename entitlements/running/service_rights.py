"""The rights that services give at an instant: kind, state, days and causes (M19), from what was known then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from entitlements.known_licences import KnownLicence, KnownService, KnownTerm
from entitlements.licences import BASE_SERVICE, PLAN
from entitlements.links import Cause
from entitlements.running.services_on import ServicesOn, services_on
from entitlements.running.setup_steps import SetupStep, SetupTick, is_set_up, steps_of
from entitlements.storage.room import GIVING

RightState = Literal["NOT_STARTED", "ACTIVE", "SETUP_REQUIRED", "LIMITED", "SUSPENDED", "EXPIRED", "CLOSED"]


@dataclass(frozen=True, slots=True)
class ServiceRight:
    """A service as it stood: its state, from its first day to the exclusive end of what was paid, and every cause.

    `suspended_by_case` is what holds it back, itself or with its base (D10).
    """

    licence: KnownLicence
    state: RightState
    starts_on: date
    ends_on: date
    terms: Sequence[KnownTerm]
    steps: tuple[SetupStep, ...]
    suspended_by_case: UUID | None

    @property
    def causes(self) -> tuple[tuple[str, Cause], ...]:
        """What each term came from: the action (START, EXTEND, RENEW) and its cause."""
        return tuple((term.action, term.cause) for term in self.terms)


def held_among(known: Sequence[tuple[KnownLicence, Sequence[KnownTerm]]]) -> list[KnownService]:
    """The services among licences with their terms in order; plans, and what had no term yet, are left out."""
    return [KnownService(licence, terms) for licence, terms in known if terms and licence.kind != PLAN]


def service_rights(
    held: Sequence[KnownService], ticks: Sequence[SetupTick], on: date, at: datetime
) -> tuple[ServiceRight, ...]:
    """What each service gives on a day: the base first, then in the order they were bought."""
    day = services_on([one for one in held if one.days.starts_on <= on], on)
    rights = [_right(one, day, ticks, at) for one in held]
    return tuple(sorted(rights, key=lambda right: right.licence.kind != BASE_SERVICE))


def _right(one: KnownService, day: ServicesOn[KnownService], ticks: Sequence[SetupTick], at: datetime) -> ServiceRight:
    steps = steps_of(one.licence, ticks)
    state: RightState = "NOT_STARTED" if day.on < one.days.starts_on else day.state(one)
    cases = [it.licence.suspended_by_case for it in (one, day.base) if it is not None and it.licence.is_suspended(at)]
    if state == "ACTIVE" and cases:
        state = "SUSPENDED"
    if state == "ACTIVE" and not is_set_up(steps):
        state = "SETUP_REQUIRED"
    by_case = next(iter(cases), None)
    return ServiceRight(one.licence, state, one.days.starts_on, one.days.ends_on, one.terms, steps, by_case)


def room_of(services: Sequence[ServiceRight]) -> int:
    """The gigabytes of a company, from the rights its services give at an instant (F004-27)."""
    return sum(right.licence.storage_gb for right in services if right.state in GIVING)
