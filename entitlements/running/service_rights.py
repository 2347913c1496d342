"""The rights that services give at an instant: kind, state, days and causes (M19), from what was known then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from entitlements.licences import BASE_SERVICE, PLAN, Licence, LicenceTerm
from entitlements.links import Cause
from entitlements.running.setup_steps import SetupStep, SetupTick, is_set_up, steps_of
from entitlements.running.what_runs import HeldService, base_among, state_on
from entitlements.storage.room import GIVING

RightState = Literal["NOT_STARTED", "ACTIVE", "SETUP_REQUIRED", "LIMITED", "SUSPENDED", "EXPIRED", "CLOSED"]


@dataclass(frozen=True, slots=True)
class ServiceRight:
    """A service as it stood: its state, from its first day to the exclusive end of what was paid, and every cause."""

    licence: Licence
    state: RightState
    starts_on: date
    ends_on: date
    terms: tuple[LicenceTerm, ...]
    steps: tuple[SetupStep, ...]

    @property
    def causes(self) -> tuple[tuple[str, Cause], ...]:
        """What each term came from: the action (START, EXTEND, RENEW) and its cause."""
        return tuple((term.action, Cause(term.cause_kind, term.cause_id)) for term in self.terms)


def held_among(rows: Sequence[tuple[Licence, LicenceTerm]]) -> list[HeldService]:
    """The services among licences and terms that come in order, plans left out."""
    found: dict[Licence, list[LicenceTerm]] = {}
    for licence, term in rows:
        if licence.kind != PLAN:
            found.setdefault(licence, []).append(term)
    return [HeldService(licence, tuple(terms)) for licence, terms in found.items()]


def service_rights(
    held: Sequence[HeldService], ticks: Sequence[SetupTick], on: date, at: datetime
) -> tuple[ServiceRight, ...]:
    """What each service gives on a day: the base first, then in the order they were bought."""
    started = [one for one in held if one.days.starts_on <= on]
    base = base_among(started, on)
    rights = [_right(one, base, ticks, on, at) for one in held]
    return tuple(sorted(rights, key=lambda right: right.licence.kind != BASE_SERVICE))


def _right(
    one: HeldService, base: HeldService | None, ticks: Sequence[SetupTick], on: date, at: datetime
) -> ServiceRight:
    steps = steps_of(one.licence, ticks)
    state = _state(one, base, on)
    if state == "ACTIVE" and (_held_back(one.licence, at) or (base is not None and _held_back(base.licence, at))):
        state = "SUSPENDED"
    if state == "ACTIVE" and not is_set_up(steps):
        state = "SETUP_REQUIRED"
    return ServiceRight(one.licence, state, one.days.starts_on, one.days.ends_on, one.terms, steps)


def _state(one: HeldService, base: HeldService | None, on: date) -> RightState:
    return "NOT_STARTED" if on < one.days.starts_on else state_on(one, base, on)


def _held_back(licence: Licence, at: datetime) -> bool:
    """Whether a case (dispute, finance decision) had suspended it (D10)."""
    return licence.suspended_at is not None and licence.suspended_at <= at


def room_of(services: Sequence[ServiceRight]) -> int:
    """The gigabytes of a company, from the rights its services give at an instant (F004-27)."""
    return sum(right.licence.storage_gb for right in services if right.state in GIVING)
