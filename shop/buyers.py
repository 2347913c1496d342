"""Buyers: who a cart or an order is for, and what decides which products they may buy."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import STUDIO, Party
from shop.catalogue import BuyerFacts


@dataclass(frozen=True, slots=True)
class Buyer:
    """A buyer; `party` is None for a visitor who has not signed in, who is shown the shop as a studio sees it."""

    party: Party | None
    facts: BuyerFacts

    @property
    def party_id(self) -> UUID | None:
        """Whose cart and orders."""
        return self.party.id if self.party else None


def buyer_of(session: Session, party_id: UUID | None) -> Buyer:
    """The buyer a party is."""
    party = session.get(Party, party_id) if party_id is not None else None
    return Buyer(party, BuyerFacts(party.kind if party else STUDIO))
