"""Which of all a company's licences gives its plan, mode and limits.

One choice for whoever asks by API and for what the vendor is told (D10, M25).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from entitlements.licences import BASE_SERVICE, PLAN
from entitlements.running.service_states import Days, base_state_on


@dataclass(frozen=True, slots=True)
class Voice:
    """What a licence says of its company, from its first day to its exclusive end, and whether a case holds it back."""

    kind: str
    product: str
    plan: str
    access_mode: str
    limits: Mapping[str, Any]
    days: Days
    suspended: bool

    def lives(self, on: date) -> bool:
        """Whether it is in force on a Rome day, and nothing holds it back."""
        return self.days.cover(on) and not self.suspended

    def mode(self, on: date) -> str:
        """Its own mode while it lives; else READ_ONLY: export is never blocked (D10, D17)."""
        return self.access_mode if self.lives(on) else "READ_ONLY"


def speaking(voices: Iterable[Voice], on: date) -> Voice | None:
    """Whose word counts on a Rome day; None when no plan and no base service has begun.

    First what lives, then what is in force and held back, then a base in its limited days, then what ended last. A plan
    speaks before a base that is in force like it: the base is told among the services, a plan only here.
    """
    begun = [one for one in voices if one.kind in {PLAN, BASE_SERVICE} and one.days.starts_on <= on]
    return max(begun, key=lambda one: _weight(one, on), default=None)


def _weight(one: Voice, on: date) -> tuple[bool, bool, bool, bool, date]:
    in_force = one.days.cover(on)
    limited = one.kind == BASE_SERVICE and base_state_on(one.days, on) == "LIMITED"
    return one.lives(on), in_force, limited, in_force and one.kind == PLAN, one.days.ends_on
