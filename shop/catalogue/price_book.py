"""The price book in force: one tiny query says which version it is, and the process remembers what it holds (M13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from foundation.database import JsonObject
from foundation.driver_statements import directly
from pricing import ExtensionScope, VatRate
from shop.catalogue.agreements import Agreement, agreement_of
from shop.catalogue.products import Codes, Label, Product, label_of, product_of, rate_of
from shop.catalogue.stored_price_book import CatalogueProduct, PriceBook


class NoPriceBook(Exception):
    """No catalogue is in force on `on`."""

    def __init__(self, on: date) -> None:
        super().__init__(on.isoformat())
        self.on = on


class UnknownProduct(Exception):
    """The price book has no product with this SKU."""

    def __init__(self, sku: str) -> None:
        super().__init__(sku)
        self.sku = sku


@dataclass(frozen=True, slots=True)
class PriceBookView:
    """One version of the catalogue with the prices in force on the Rome day `on`."""

    version: int
    valid_from_on: date
    on: date
    extension_scope: ExtensionScope
    vat_rates: tuple[VatRate, ...]
    families: Mapping[str, Label]
    coupon_types: Mapping[str, Label]
    agreements: Mapping[str, Agreement]
    products: tuple[Product, ...]
    by_sku: Mapping[str, Product]

    def product(self, sku: str) -> Product:
        """The product with this SKU, also one that is not sold. Raises UnknownProduct."""
        found = self.by_sku.get(sku)
        if found is None:
            raise UnknownProduct(sku)
        return found


def view_of(version: int, document: JsonObject, on: date) -> PriceBookView:
    """A catalogue document as a price book on the Rome day `on`."""
    families = {label.code: label for label in map(label_of, document["family"])}
    coupon_types = {label.code: label for label in map(label_of, document.get("coupon_type", ()))}
    vat_rates = {rate.code: rate for rate in map(rate_of, document["vat"])}
    agreements = {one.code: one for one in map(agreement_of, document.get("agreement", ()))}
    codes = Codes(families, coupon_types, vat_rates)
    definitions = enumerate(document["product"], start=1)
    products = tuple(product_of(definition, place, codes, on) for place, definition in definitions)
    return PriceBookView(
        version=version,
        valid_from_on=date.fromisoformat(document["valid_from"]),
        on=on,
        extension_scope=ExtensionScope(document.get("extension_scope", ExtensionScope.ALL_ACTIVE)),
        vat_rates=tuple(vat_rates.values()),
        families=MappingProxyType(families),
        coupon_types=MappingProxyType(coupon_types),
        agreements=MappingProxyType(agreements),
        products=products,
        by_sku=MappingProxyType({product.sku: product for product in products}),
    )


_Key: TypeAlias = tuple[UUID, date]
_MOST_REMEMBERED = 16
# Asked with every page that shows a price, so the statement is made once.
_IN_FORCE = (
    select(PriceBook.id)
    .where(PriceBook.valid_from_on <= bindparam("on"))
    .order_by(PriceBook.valid_from_on.desc(), PriceBook.version.desc())
    .limit(1)
)
_remembered: dict[_Key, PriceBookView] = {}


def current_price_book(session: Session, on: date) -> PriceBookView:
    """The price book in force on the Rome day `on`: of the latest `valid_from_on`, the latest version.

    Raises NoPriceBook.
    """
    return _view(session, directly(session, _IN_FORCE, {"on": on}).scalar(), on)


def price_book_version(session: Session, version: int, on: date) -> PriceBookView:
    """A version by its number, also one no longer in force (a quote replays against it). Raises NoPriceBook."""
    return _view(session, session.scalar(select(PriceBook.id).where(PriceBook.version == version)), on)


def _view(session: Session, book_id: UUID | None, on: date) -> PriceBookView:
    """What the process remembers of a version, by its id: a version never changes and an id is never used again."""
    if book_id is None:
        raise NoPriceBook(on)
    view = _remembered.get((book_id, on))
    if view is None:
        book = session.get_one(PriceBook, book_id)
        view = view_of(book.version, stored_document(session, book), on)
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[(book_id, on)] = view
    return view


def stored_document(session: Session, book: PriceBook) -> JsonObject:
    """The document a version was imported from."""
    products = select(CatalogueProduct.definition).where(CatalogueProduct.price_book_id == book.id)
    return {
        "valid_from": book.valid_from_on.isoformat(),
        **book.header,
        "vat": book.vat_rates,
        "product": list(session.scalars(products.order_by(CatalogueProduct.position))),
    }
