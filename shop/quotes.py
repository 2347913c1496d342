"""Quotes: a cart's lines priced from the price book in force; refusals of the buyer are collected, not thrown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

from pricing import (
    POLICY_VERSION,
    Money,
    Quote,
    QuotedLine,
    QuoteRequest,
    RequestedLine,
    discounted,
    price,
    total,
    vat_on,
)
from shop.addons.company_services import CompanyServices
from shop.addons.promises import Promise, promise_of
from shop.addons.purchases import Purchase, WantedService, purchase_of
from shop.addons.service_lines import ServiceLine
from shop.addons.service_refusals import CHOOSE_COMPANY, purchase_refusals
from shop.catalogue import BuyerFacts, PriceBookView, Product, Refusal, refusals
from shop.catalogue.agreements import Agreement, agreement_for
from shop.wanted_lines import WantedLine

Companies: TypeAlias = Mapping[UUID, CompanyServices]
NO_COMPANIES: Companies = {}


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of a quote; `place` is the wanted line it answers, None for an extension of a running service."""

    place: int | None
    product: Product | None
    quoted: QuotedLine
    service: ServiceLine | None


@dataclass(frozen=True, slots=True)
class PricedCart:
    """A quote with what each line is, the purchases of services in it, and what stands in the way, by wanted line."""

    quote: Quote
    lines: tuple[PricedLine, ...]
    purchases: tuple[Purchase, ...]
    refusals: tuple[tuple[Refusal, ...], ...]
    agreement: Agreement | Refusal | None = None

    @property
    def orderable(self) -> bool:
        """Whether nothing stands in the way."""
        return not any(self.refusals) and not isinstance(self.agreement, Refusal)

    @property
    def promises(self) -> tuple[Promise, ...]:
        """What an order freezes of its services, company by company; positions are those of the quote's lines."""
        return tuple(self._promise(purchase) for purchase in self.purchases)

    def _promise(self, purchase: Purchase) -> Promise:
        company = str(purchase.company.company_id)
        ours = [
            (position, line.service)
            for position, line in enumerate(self.lines, start=1)
            if line.service is not None and line.quoted.for_party == company
        ]
        answered = {service.place: position for position, service in ours if service.place is not None}
        extended = {str(one.licence_id): position for position, one in ours if one.action == "EXTEND"}
        return promise_of(purchase, answered, extended)

    def taken_off(self, line: ServiceLine) -> Money:
        """What the agreement takes off a line of either outcome."""
        found = self.agreement
        return found.taken_off(line.kind, line.net) if isinstance(found, Agreement) else Money(0)

    def gross_if(self, purchase: Purchase, *, extend: bool) -> Money:
        """The total of the whole cart if the extension of this company were on, or off."""
        nets = {summary.rate: summary.net for summary in self.quote.vat_summaries}
        rates = {rate.code: rate for rate in self.quote.request.vat_rates}
        for sign, chosen in ((-1, purchase.company.choice.extend), (1, extend)):
            for line in purchase.lines(extend=chosen):
                rate = rates[line.vat_code]
                nets[rate] = nets.get(rate, Money(0)) + (line.net - self.taken_off(line)) * sign
        return total(net + vat_on(net, rate) for rate, net in nets.items())


def price_lines(
    book: PriceBookView,
    wanted: Iterable[WantedLine],
    buyer: BuyerFacts,
    companies: Companies = NO_COMPANIES,
    agreement_code: str | None = None,
) -> PricedCart:
    """Price lines at a price book. Raises UnknownProduct, InvalidQuantity, EmptyQuote, AmountTooLarge.

    A code of an agreement that does not count leaves the prices as they are, and says why (F004-26).
    """
    lines = tuple(wanted)
    sold = tuple(book.product(line.sku) for line in lines)
    purchases = _purchases(book, lines, companies)
    agreement = agreement_for(book.agreements, agreement_code, book.on, {product.kind for product in sold})
    pairs = list(_in_order(lines, sold, purchases))
    if isinstance(agreement, Agreement):
        pairs = [_agreed(pair, agreement) for pair in pairs]
    quote = price(
        QuoteRequest(
            lines=tuple(requested for _line, requested in pairs),
            vat_rates=book.vat_rates,
            price_book_version=str(book.version),
            priced_on=book.on,
            policy_version=POLICY_VERSION,
        )
    )
    priced = tuple(
        PricedLine(place, product, quoted, service)
        for ((place, product, service), _requested), quoted in zip(pairs, quote.lines, strict=True)
    )
    refused = _refusals(book, lines, purchases, buyer)
    return PricedCart(quote, priced, tuple(purchases.values()), refused, agreement)


def line_refusals(
    book: PriceBookView, wanted: Sequence[WantedLine], buyer: BuyerFacts, companies: Companies = NO_COMPANIES
) -> tuple[tuple[Refusal, ...], ...]:
    """Line by line every reason why this buyer may not order it (D18); what is bought together counts as held."""
    return _refusals(book, wanted, _purchases(book, wanted, companies), buyer)


_What: TypeAlias = tuple[int | None, Product | None, ServiceLine | None]


def _agreed(pair: tuple[_What, RequestedLine], agreement: Agreement) -> tuple[_What, RequestedLine]:
    (place, product, service), requested = pair
    kind = service.kind if service else product.kind if product else ""
    if kind not in agreement.kinds:
        return pair
    named = agreement.label.name()
    return (place, product, service), discounted(requested, agreement.code, named, agreement.basis_points)


def _purchases(book: PriceBookView, lines: Sequence[WantedLine], companies: Companies) -> dict[UUID, Purchase]:
    """The services of each company that is known, in the order of the cart."""
    grouped: dict[UUID, list[WantedService]] = {}
    for place, line in enumerate(lines):
        company = line.for_party_id
        if company is not None and company in companies and book.product(line.sku).is_service:
            grouped.setdefault(company, []).append(WantedService(place, line))
    return {company: purchase_of(book, companies[company], found) for company, found in grouped.items()}


def _in_order(
    lines: Sequence[WantedLine], sold: Sequence[Product], purchases: Mapping[UUID, Purchase]
) -> Iterable[tuple[_What, RequestedLine]]:
    """What the quote lists: packs where they stand, the services of a company together with their extensions."""
    done: set[UUID] = set()
    for place, (line, product) in enumerate(zip(lines, sold, strict=True)):
        company = line.for_party_id
        purchase = purchases.get(company) if company is not None and product.is_service else None
        if purchase is None or company is None:
            yield (place, product, None), _packs(line, product)
        elif company not in done:
            done.add(company)
            text = str(company)
            for service in purchase.lines(extend=purchase.company.choice.extend):
                at = sold[service.place] if service.place is not None else None
                yield (service.place, at, service), service.requested(text)


def _refusals(
    book: PriceBookView, lines: Sequence[WantedLine], purchases: Mapping[UUID, Purchase], buyer: BuyerFacts
) -> tuple[tuple[Refusal, ...], ...]:
    together: dict[UUID | None, set[str]] = {}
    for line in lines:
        together.setdefault(line.for_party_id, set()).add(line.sku)
    found: dict[int, tuple[Refusal, ...]] = {}
    for place, line in enumerate(lines):
        product = book.product(line.sku)
        if product.is_service:
            found[place] = (CHOOSE_COMPANY,) if line.for_party_id is None else ()
            continue
        held = frozenset(together[line.for_party_id] - {line.sku}) if product.rules.requires else frozenset()
        facts = buyer.buying_for(line.for_party_id)
        found[place] = refusals(product, replace(facts, held=facts.held | held), line.quantity)
    for company_id, purchase in purchases.items():
        found |= purchase_refusals(book, purchase, buyer.buying_for(company_id))
    return tuple(found[place] for place in range(len(lines)))


def _packs(line: WantedLine, product: Product) -> RequestedLine:
    description: dict[str, Any] = {"names": product.names, "kind": product.kind, "gives": product.gives}
    return RequestedLine(
        sku=product.sku,
        quantity=line.quantity,
        tiers=product.tiers,
        vat_code=product.vat.code,
        units_per_pack=product.units,
        description=description,
        for_party=str(line.for_party_id) if line.for_party_id else None,
    )
