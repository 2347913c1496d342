"""A cart as its buyer sees it: every line with its price, what changed since it was added, and what stands in the way.

The cart page, the checkout and the placement of an order all ask here, so that none of them can disagree (D18).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.orm import Session

from pricing import AmountTooLarge, Money, Quote, QuotedLine, WholeYears, total
from shop.addons.asking import companies_reached, services_of
from shop.addons.purchases import Purchase
from shop.addons.service_lines import ServiceLine
from shop.buyers import asks_for_a_contract, with_signed_contracts
from shop.carts import CartContents, CartLine
from shop.catalogue import BuyerFacts, PriceBookView, Product, Refusal
from shop.catalogue.sentences import COMPANY_NOT_YOURS, NOT_SOLD, TOTAL_TOO_LARGE
from shop.quotes import Companies, PricedCart, PricedLine, line_refusals, price_lines
from shop.wanted_lines import WantedLine

_GONE = Refusal("NOT_SOLD", NOT_SOLD)
_NOT_YOURS = Refusal("COMPANY_NOT_YOURS", COMPANY_NOT_YOURS)
_TOO_LARGE = Refusal("TOTAL_TOO_LARGE", TOTAL_TOO_LARGE)


@dataclass(frozen=True, slots=True)
class CartRow:
    """One line. `product` and `quoted` are None for what left the catalogue; `company` names whom it is for (D20)."""

    line: CartLine
    product: Product | None
    quoted: QuotedLine | None
    refusals: tuple[Refusal, ...]
    company: str | None
    service: ServiceLine | None = None

    @property
    def price_changed(self) -> bool:
        """Whether a pack costs something else than when the buyer last saw it."""
        return self.quoted is not None and self.quoted.unit_net.cents != self.line.seen_net_cents

    @property
    def better_quantity(self) -> int | None:
        """The next larger quantity that costs no more, if the buyer may have it: "add one, pay less".

        A renewal has none, for nobody renews more than the lot holds; nor has what is charged for part of a year.
        """
        if self.product is None or self.refusals or self.line.renews_licence_id is not None:
            return None
        if self.service is not None and self.service.span != WholeYears():
            return None
        better = self.product.tiers.better_quantity(self.line.quantity)
        return better if better is not None and better <= self.product.rules.maximum_quantity else None

    @property
    def goes_to_a_wallet(self) -> bool:
        """Whether the buyer says whom it is for: packs and top-ups (D20)."""
        return self.product is not None and goes_to_a_wallet(self.product)

    @property
    def is_service(self) -> bool:
        """Whether one company's services change by it: then it is never for a pool."""
        return self.product is not None and self.product.is_service

    @property
    def has_a_choice(self) -> bool:
        """Whether the buyer says for which company it is; the renewal of a service is for its own."""
        return self.goes_to_a_wallet or (self.is_service and self.line.renews_licence_id is None)


@dataclass(frozen=True, slots=True)
class Extension:
    """The choice "Estensione dei servizi attivi" for one company: what the whole cart costs either way (F004-11).

    `taken_on` and `taken_off` are what an agreement takes off the lines of either outcome (F004-26).
    """

    company_id: UUID
    company: str
    purchase: Purchase
    gross_on: Money
    gross_off: Money
    taken_on: Money
    taken_off: Money


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart priced as a whole; `priced` is None when there is nothing that could be priced.

    `extensions` are the companies that have a choice, or a renewal of several years to choose; `party_id` buys.
    """

    contents: CartContents
    rows: tuple[CartRow, ...]
    priced: PricedCart | None
    refusals: tuple[Refusal, ...]
    extensions: tuple[Extension, ...] = ()

    @property
    def quote(self) -> Quote | None:
        """The price of everything."""
        return self.priced.quote if self.priced else None

    @property
    def orderable(self) -> bool:
        """Whether it can become an order as it is."""
        return self.priced is not None and not self.refusals and not any(row.refusals for row in self.rows)


def dependents(view: CartView, row: CartRow) -> list[CartRow]:
    """Lines of the same company that work only together with a line, and go when it goes (F004-02)."""
    company, product = row.line.for_party_id, row.product
    if product is None or company is None or not row.is_service:
        return []
    purchases = view.priced.purchases if view.priced else ()
    ours = next((one.company for one in purchases if one.company.company_id == company), None)
    if ours is not None and row.line.renews_licence_id is None and product.sku in {one.sku for one in ours.all_running}:
        return []
    return [
        other
        for other in view.rows
        if other.line.for_party_id == company and other.product is not None and other is not row
        if product.sku in other.product.rules.requires
    ]


def goes_to_a_wallet(product: Product) -> bool:
    """Whether a product fills a wallet, which is one company's or the studio's pool (D20)."""
    return product.gives["kind"] in {"documents", "credit_cents", "credits"}


def view_cart(
    session: Session, found: CartContents, book: PriceBookView, facts: BuyerFacts, party_id: UUID | None
) -> CartView:
    """Price a cart for a buyer (`party_id` None: a visitor). Never fails on what a cart holds."""
    known = [line for line in found.lines if line.sku in book.by_sku]
    own = companies_reached(session, party_id, _parties(known))
    wanted = [WantedLine(line.sku, line.quantity, line.for_party_id, line.renews_licence_id) for line in known]
    served = [
        line.for_party_id for line in known if line.for_party_id is not None and book.product(line.sku).is_service
    ]
    companies = services_of(session, party_id, own.keys() & set(served), found.choices)
    under_contract = {line.for_party_id for line in known if asks_for_a_contract(book.product(line.sku))}
    if under_contract:
        facts = with_signed_contracts(session, facts, party_id, under_contract)
    priced, too_large = _priced(book, wanted, facts, companies, found.agreement_code)
    refused_code = (priced.agreement,) if priced and isinstance(priced.agreement, Refusal) else ()
    refused = priced.refusals if priced else line_refusals(book, wanted, facts, companies)
    quoted = {line.place: line for line in priced.lines} if priced else {}
    places = {line.id: place for place, line in enumerate(known)}
    rows = [_row(book, line, own, places.get(line.id), (quoted, refused)) for line in found.lines]
    return CartView(
        found, tuple(rows), priced, too_large + refused_code, tuple(_extensions(priced, own)) if priced else ()
    )


_Answers: TypeAlias = tuple[Mapping[int | None, PricedLine], Sequence[tuple[Refusal, ...]]]


def _row(book: PriceBookView, line: CartLine, own: Mapping[UUID, str], place: int | None, answers: _Answers) -> CartRow:
    quoted, refused = answers
    priced = quoted.get(place) if place is not None else None
    return CartRow(
        line=line,
        product=book.by_sku.get(line.sku),
        quoted=priced.quoted if priced else None,
        refusals=((_GONE,) if place is None else refused[place]) + _foreign(line, own),
        company=own.get(line.for_party_id) if line.for_party_id else None,
        service=priced.service if priced else None,
    )


def _extensions(priced: PricedCart, own: Mapping[UUID, str]) -> Iterator[Extension]:
    for purchase in priced.purchases:
        company_id = purchase.company.company_id
        if purchase.offered:
            yield Extension(
                company_id,
                own[company_id],
                purchase,
                priced.gross_if(purchase, extend=True),
                priced.gross_if(purchase, extend=False),
                total(map(priced.taken_off, purchase.on.lines)),
                total(map(priced.taken_off, purchase.off.lines)),
            )


def _parties(lines: Sequence[CartLine]) -> set[UUID]:
    return {line.for_party_id for line in lines if line.for_party_id is not None}


def _foreign(line: CartLine, own: Mapping[UUID, str]) -> tuple[Refusal, ...]:
    """A client that left the studio after the line was added can no longer be paid for (D20)."""
    return (_NOT_YOURS,) if line.for_party_id is not None and line.for_party_id not in own else ()


def _priced(
    book: PriceBookView, wanted: list[WantedLine], facts: BuyerFacts, companies: Companies, code: str | None
) -> tuple[PricedCart | None, tuple[Refusal, ...]]:
    if not wanted:
        return None, ()
    try:
        return price_lines(book, wanted, facts, companies, code), ()
    except AmountTooLarge:
        return None, (_TOO_LARGE,)
