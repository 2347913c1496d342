"""What was known of licences and their terms at an instant: what rights are answered from (M19)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from entitlements.links import Cause
from entitlements.running.service_states import Days


@dataclass(frozen=True, slots=True)
class KnownLicence:
    """What a licence allows, and since when which case (dispute, finance decision) had held it back by then (D10)."""

    id: UUID
    kind: str
    family: str
    product: str
    plan: str
    access_mode: str
    sku: str
    names: Mapping[str, Any]
    limits: Mapping[str, Any]
    gives: Mapping[str, Any]
    quantity: int
    replaces_licence_id: UUID | None
    suspended_at: datetime | None
    suspended_by_case: UUID | None

    @property
    def storage_gb(self) -> int:
        """The gigabytes that all its units together give (F004-27)."""
        return storage_of(self.quantity, self.limits)

    def is_suspended(self, at: datetime) -> bool:
        """Whether a case had suspended it."""
        return self.suspended_at is not None and self.suspended_at <= at


@dataclass(frozen=True, slots=True)
class KnownTerm:
    """A term `[starts_on, ends_on)` in Rome days, by which action it came (START, EXTEND, RENEW) and why."""

    starts_on: date
    ends_on: date
    action: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class KnownService:
    """A service a company has had at some time: the licence and its terms in order, never empty."""

    licence: KnownLicence
    terms: Sequence[KnownTerm]

    @property
    def licence_id(self) -> UUID:
        """Its licence."""
        return self.licence.id

    @property
    def replaces(self) -> UUID | None:
        """The lot that this smaller one follows (F004-21)."""
        return self.licence.replaces_licence_id

    @property
    def kind(self) -> str:
        """A base service, a module or a lot."""
        return self.licence.kind

    @property
    def days(self) -> Days:
        """From the first day paid to the last."""
        return Days(self.terms[0].starts_on, self.terms[-1].ends_on)


def storage_of(quantity: int, limits: Mapping[str, Any]) -> int:
    """The gigabytes that so many units of a licence with these limits give (F004-27)."""
    return quantity * int(limits.get("storage_gb", 0))
