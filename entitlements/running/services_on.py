"""How a company's services stand on a day: by their own days, by their base, and by what follows them (F004-23)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from entitlements.licences import BASE_SERVICE
from entitlements.running.service_states import Days, ServiceState, attached_state_on, base_state_on


class DatedService(Protocol):
    """A service as far as its days decide how it stands."""

    @property
    def licence_id(self) -> UUID:
        """Its licence."""

    @property
    def kind(self) -> str:
        """A base service, a module or a lot."""

    @property
    def days(self) -> Days:
        """From the first day paid to the last."""

    @property
    def replaces(self) -> UUID | None:
        """The licence of the lot that this smaller one follows (F004-21)."""


_Dated = TypeVar("_Dated", bound=DatedService)


@dataclass(frozen=True, slots=True)
class ServicesOn(Generic[_Dated]):
    """A Rome day, the base that is active or limited on it, and the lots that a smaller one follows."""

    on: date
    base: _Dated | None
    followed: frozenset[UUID]

    @property
    def base_state(self) -> ServiceState | None:
        """How the base stands; None without one."""
        return base_state_on(self.base.days, self.on) if self.base else None

    def state(self, one: DatedService) -> ServiceState:
        """How a service stands. A lot that a smaller one follows waits for nobody: it is over at its end."""
        if one.kind == BASE_SERVICE:
            return base_state_on(one.days, self.on)
        if one.licence_id in self.followed and self.on >= one.days.ends_on:
            return "EXPIRED"
        return attached_state_on(one.days, self.base.days if self.base else None, self.on)


def services_on(held: Sequence[_Dated], on: date) -> ServicesOn[_Dated]:
    """What decides on a day how these services stand: there is one base at most (F004-24)."""
    bases = [one for one in held if one.kind == BASE_SERVICE and base_state_on(one.days, on) != "CLOSED"]
    followed = frozenset(one.replaces for one in held if one.replaces is not None)
    return ServicesOn(on, bases[-1] if bases else None, followed)
