"""Quotes: a cart's lines priced from the price book in force; refusals of the buyer are collected, not thrown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from pricing import POLICY_VERSION, Quote, QuoteRequest, RequestedLine, price
from shop.catalogue import BuyerFacts, PriceBookView, Product, Refusal, refusals


@dataclass(frozen=True, slots=True)
class WantedLine:
    """Packs of one product for one party (None: the buyer's pool)."""

    sku: str
    quantity: int
    for_party_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PricedCart:
    """A quote with the products it speaks of and what stands in the way of ordering, line by line."""

    quote: Quote
    products: tuple[Product, ...]
    refusals: tuple[tuple[Refusal, ...], ...]

    @property
    def orderable(self) -> bool:
        """Whether nothing stands in the way."""
        return not any(self.refusals)


def price_lines(book: PriceBookView, wanted: Iterable[WantedLine], buyer: BuyerFacts) -> PricedCart:
    """Price lines at a price book. Raises UnknownProduct, InvalidQuantity, EmptyQuote, AmountTooLarge."""
    lines = tuple(wanted)
    products = tuple(book.product(line.sku) for line in lines)
    request = QuoteRequest(
        lines=tuple(_requested(line, product) for line, product in zip(lines, products, strict=True)),
        vat_rates=book.vat_rates,
        price_book_version=str(book.version),
        priced_on=book.on,
        policy_version=POLICY_VERSION,
    )
    return PricedCart(price(request), products, tuple(line_refusals(book, lines, buyer)))


def line_refusals(book: PriceBookView, lines: Sequence[WantedLine], buyer: BuyerFacts) -> Iterator[tuple[Refusal, ...]]:
    """Line by line every reason why this buyer may not order it (D18); what is bought together counts as held."""
    for line in lines:
        together = frozenset(other.sku for other in lines if other.for_party_id == line.for_party_id)
        facts = replace(buyer, held=buyer.held | (together - {line.sku}))
        yield refusals(book.product(line.sku), facts, line.quantity)


def _requested(line: WantedLine, product: Product) -> RequestedLine:
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
