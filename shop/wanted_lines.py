"""Wanted lines: what a buyer asks for, before it has a price."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WantedLine:
    """Packs of one product for one party (None: the buyer's pool); `renews` names the running service to renew."""

    sku: str
    quantity: int
    for_party_id: UUID | None = None
    renews: UUID | None = None
