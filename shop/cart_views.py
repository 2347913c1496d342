"""A cart as its buyer sees it: every line with its price, what changed since it was added, and what stands in the way.

The cart page, the checkout and the placement of an order all ask here, so that none of them can disagree (D18).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import names_of_own_companies
from pricing import AmountTooLarge, Quote, QuotedLine
from shop.carts import CartContents, CartLine
from shop.catalogue import BuyerFacts, PriceBookView, Product, Refusal
from shop.catalogue.sentences import COMPANY_NOT_YOURS, NOT_SOLD, TOTAL_TOO_LARGE
from shop.quotes import WantedLine, line_refusals, price_lines

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

    @property
    def price_changed(self) -> bool:
        """Whether a pack costs something else than when the buyer last saw it."""
        return self.quoted is not None and self.quoted.unit_net.cents != self.line.seen_net_cents

    @property
    def better_quantity(self) -> int | None:
        """The next larger quantity that costs no more, if the buyer may have it: "add one, pay less"."""
        if self.product is None or self.refusals:
            return None
        better = self.product.tiers.better_quantity(self.line.quantity)
        return better if better is not None and better <= self.product.rules.maximum_quantity else None

    @property
    def goes_to_a_wallet(self) -> bool:
        """Whether the buyer says whom it is for: packs and top-ups (D20)."""
        return self.product is not None and goes_to_a_wallet(self.product)


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart priced as a whole; `quote` is None when there is nothing that could be priced."""

    contents: CartContents
    rows: tuple[CartRow, ...]
    quote: Quote | None
    refusals: tuple[Refusal, ...]

    @property
    def orderable(self) -> bool:
        """Whether it can become an order as it is."""
        return self.quote is not None and not self.refusals and not any(row.refusals for row in self.rows)


def goes_to_a_wallet(product: Product) -> bool:
    """Whether a product fills a wallet, which is one company's or the studio's pool (D20)."""
    return product.gives["kind"] in {"documents", "credit_cents", "credits"}


def view_cart(
    session: Session, found: CartContents, book: PriceBookView, facts: BuyerFacts, party_id: UUID | None
) -> CartView:
    """Price a cart for a buyer (`party_id` None: a visitor). Never fails on what a cart holds."""
    known = [line for line in found.lines if line.sku in book.by_sku]
    wanted = [WantedLine(line.sku, line.quantity, line.for_party_id) for line in known]
    quote, too_large = _quote(book, wanted, facts)
    own = names_of_own_companies(session, party_id, _parties(known)) if party_id else {}
    refused = dict(zip((line.id for line in known), line_refusals(book, wanted, facts), strict=True))
    quoted = dict(zip((line.id for line in known), quote.lines, strict=True)) if quote else {}
    rows = [
        CartRow(
            line,
            book.by_sku.get(line.sku),
            quoted.get(line.id),
            refused.get(line.id, (_GONE,)) + _foreign(line, own),
            own.get(line.for_party_id) if line.for_party_id else None,
        )
        for line in found.lines
    ]
    return CartView(found, tuple(rows), quote, too_large)


def _parties(lines: Sequence[CartLine]) -> set[UUID]:
    return {line.for_party_id for line in lines if line.for_party_id is not None}


def _foreign(line: CartLine, own: dict[UUID, str]) -> tuple[Refusal, ...]:
    """A client that left the studio after the line was added can no longer be paid for (D20)."""
    return (_NOT_YOURS,) if line.for_party_id is not None and line.for_party_id not in own else ()


def _quote(
    book: PriceBookView, wanted: list[WantedLine], facts: BuyerFacts
) -> tuple[Quote | None, tuple[Refusal, ...]]:
    if not wanted:
        return None, ()
    try:
        return price_lines(book, wanted, facts).quote, ()
    except AmountTooLarge:
        return None, (_TOO_LARGE,)
