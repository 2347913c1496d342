"""What cases hold back (D10): the suspended licences of a dispute or of money given back, by name."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements.licences import Licence
from entitlements.parties import Party


@dataclass(frozen=True, slots=True)
class SuspendedLicence:
    """A licence a case holds back, and whose it is."""

    company_name: str
    names: Mapping[str, Any]
    quantity: int


def suspended_by(session: Session, cases: Collection[UUID]) -> Sequence[SuspendedLicence]:
    """The licences these cases hold back now, in the order they were granted."""
    query = (
        select(Party.name, Licence.names, Licence.quantity)
        .join(Party, Party.id == Licence.party_id)
        .where(Licence.suspended_by_case.in_(cases))
        .order_by(Licence.id)
    )
    return [SuspendedLicence(*row) for row in session.execute(query)]
