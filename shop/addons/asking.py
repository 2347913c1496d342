"""Asking the rights office: the companies a buyer buys services for, and what runs for each of them."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import (
    COMPANY,
    Party,
    PayerPeriod,
    barred_companies,
    names_of_own_companies,
    payers_now,
    running_by_company,
    seats_in_use,
    storage_in_use,
)
from foundation import clock
from shop.addons.company_services import CompanyServices, ServiceChoice
from shop.catalogue import COMPANY_EXISTS, COMPANY_REFUSED

_BARS = {"REFUSED": COMPANY_REFUSED, "EXISTS": COMPANY_EXISTS}


def companies_reached(session: Session, buyer_id: UUID | None, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of those companies the buyer may buy for at all: those a studio follows; a company only itself."""
    wanted = set(ids)
    if buyer_id is None or not wanted:
        return {}
    itself = session.get_one(Party, buyer_id)
    if itself.kind == COMPANY:
        return {buyer_id: itself.name} if buyer_id in wanted else {}
    return names_of_own_companies(session, buyer_id, wanted)


def services_of(
    session: Session, buyer_id: UUID | None, ids: Iterable[UUID], choices: Mapping[UUID, ServiceChoice]
) -> dict[UUID, CompanyServices]:
    """What a purchase of services needs to know of each of these companies, today.

    It asks as often for a hundred companies as for one.
    """
    today, wanted = clock.today(), sorted(set(ids))
    if not wanted:
        return {}
    running = running_by_company(session, wanted, today)
    payers = payers_now(session, wanted)
    barred = barred_companies(session, wanted)
    in_use, stored = seats_in_use(session, wanted), storage_in_use(session, wanted)
    return {
        company_id: CompanyServices(
            company_id=company_id,
            on=today,
            running=running[company_id],
            choice=choices.get(company_id, ServiceChoice()),
            may_buy=_may_buy(buyer_id, company_id, payers.get(company_id)),
            seats_in_use=in_use.get(company_id, 0),
            storage_in_use=stored.get(company_id, 0),
            barred=frozenset({_BARS[barred[company_id]]}) if company_id in barred else frozenset(),
        )
        for company_id in wanted
    }


def _may_buy(buyer_id: UUID | None, company_id: UUID, payer: PayerPeriod | None) -> bool:
    """The company itself always may; a studio may while it is the one that pays for the company (D14, D28)."""
    return buyer_id == company_id or payer is None or payer.payer_party_id == buyer_id
