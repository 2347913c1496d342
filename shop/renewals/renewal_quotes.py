"""What the renewal of a company costs: the lines one press would put into the cart, without what is renewed already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import RENEW_BEFORE, RunningService, rights_of
from foundation import clock
from foundation.database import JsonObject
from pricing import AmountTooLarge, EmptyQuote
from shop.addons.asking import companies_reached, services_of
from shop.buyers import buyer_of
from shop.cart_services import renewable
from shop.catalogue import BuyerFacts, NoPriceBook, current_price_book
from shop.quotes import PricedCart, price_lines
from shop.wanted_lines import WantedLine


@dataclass(frozen=True, slots=True)
class RenewalQuote:
    """The renewal of what ends with a company's base service, for a year, at the prices of today.

    `ending` is all of that; `left_out` what of it cannot be renewed: it left the catalogue, or a case holds it back.
    """

    base: RunningService
    ending: tuple[RunningService, ...]
    lines: tuple[WantedLine, ...]
    buyer: BuyerFacts
    priced: PricedCart

    @property
    def left_out(self) -> tuple[RunningService, ...]:
        """What ends although the rest is renewed."""
        renewed = {line.renews for line in self.lines}
        return tuple(one for one in self.ending if one.licence_id not in renewed)

    @property
    def gross_cents(self) -> int:
        """What the payer would be charged, VAT included, in cents."""
        return self.priced.quote.gross.cents

    @property
    def renews_on(self) -> date:
        """The Rome day on which it would renew by itself."""
        return self.base.ends_on - timedelta(days=RENEW_BEFORE)


def renewal_quote(session: Session, payer_id: UUID, company_id: UUID) -> RenewalQuote | None:
    """The renewal as its payer would order it now; None where no active base service can be renewed."""
    if company_id not in companies_reached(session, payer_id, [company_id]):
        return None
    company = services_of(session, payer_id, [company_id], {})[company_id]
    base = company.running.base
    if base is None or company.running.base_state != "ACTIVE":
        return None
    buyer = buyer_of(session, payer_id).facts
    try:
        book = current_price_book(session, clock.today())
        ending = _ending_with(base, company.all_running)
        kept = renewable(book, [one for one in ending if one is base or not one.suspended])
        if base not in kept:
            return None
        lines = tuple(WantedLine(one.sku, one.quantity, company_id, one.licence_id) for one in kept)
        priced = price_lines(book, lines, buyer, {company_id: company})
    except (NoPriceBook, EmptyQuote, AmountTooLarge):
        return None
    return RenewalQuote(base, ending, lines, buyer, priced)


def is_sold(session: Session, service: RunningService) -> bool:
    """Whether the catalogue of today still has a service."""
    try:
        return bool(renewable(current_price_book(session, clock.today()), [service]))
    except NoPriceBook:
        return False


def _ending_with(base: RunningService, running: Sequence[RunningService]) -> tuple[RunningService, ...]:
    """What ends no later than the base: the rest was renewed before. A lot that a smaller one follows lapses."""
    return tuple(one for one in running if one.ends_on <= base.ends_on and not one.replaced)


def left_out_by_name(session: Session, company_id: UUID, quote: RenewalQuote) -> list[JsonObject]:
    """What ends although the rest is renewed, as it is told: names by language, and how many."""
    if not quote.left_out:
        return []
    names = {one.licence.id: one.licence.names for one in rights_of(session, company_id).services}
    return [{"names": names[one.licence_id], "quantity": one.quantity} for one in quote.left_out]
