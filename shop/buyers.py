"""Buyers: who a cart or an order is for, and what decides which products they may buy."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import COMPANY, STUDIO, CompanyNotFound, Party, parties_that_signed
from shop.addons.asking import companies_reached, services_of
from shop.catalogue import EINVOICING_CONTRACT, BuyerFacts, Product


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
    return Buyer(party, BuyerFacts(party.kind if party else STUDIO, for_a_company=False))


def facts_for_company(session: Session, buyer: Buyer, company_id: UUID | None) -> BuyerFacts:
    """What decides on products for one company: its running services (D28). Raises CompanyNotFound for a foreign one.

    A company that buys looks at its own; a studio that names nobody is told what holds for all.
    """
    itself = buyer.party_id if buyer.party is not None and buyer.party.kind == COMPANY else None
    wanted = company_id or itself
    for_whom = wanted if wanted != itself else None
    facts = with_signed_contracts(session, buyer.facts, buyer.party_id, {for_whom}).buying_for(for_whom)
    if wanted is None:
        return facts
    if wanted not in companies_reached(session, buyer.party_id, [wanted]):
        raise CompanyNotFound(wanted)
    company = services_of(session, buyer.party_id, [wanted], {})[wanted]
    return company.facts_for(facts, frozenset(), base_renewed=False)


def with_signed_contracts(
    session: Session, facts: BuyerFacts, buyer_id: UUID | None, for_whom: Iterable[UUID | None]
) -> BuyerFacts:
    """The facts of a buyer with whose e-invoicing contract is signed (F003-19), among those it buys for (None: itself).

    A visitor has signed nothing.
    """
    asked = {party_id: party_id or buyer_id for party_id in for_whom}
    signed = parties_that_signed(session, filter(None, asked.values())) if buyer_id else set()
    fact = frozenset({EINVOICING_CONTRACT})
    return replace(facts, facts_of={party_id: fact for party_id, holder in asked.items() if holder in signed})


def asks_for_a_contract(product: Product) -> bool:
    """Whether whoever a product is for must have signed before."""
    return product.rules.eligibility == EINVOICING_CONTRACT
