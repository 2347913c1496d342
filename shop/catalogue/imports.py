"""Importing a catalogue: a changed file becomes a new version with all its products; the same file changes nothing."""

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import JsonObject
from foundation.ids import new_id
from shop.catalogue.checks import Catalogue
from shop.catalogue.price_book import NoPriceBook, stored_document
from shop.catalogue.stored_price_book import CatalogueProduct, PriceBook

_IN_HEADER = ("note", "extension_scope", "family", "coupon_type", "agreement")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('catalogue.import'))")


@dataclass(frozen=True, slots=True)
class CatalogueImport:
    """What an import did, or would do: the version it made, or the one that already held the same catalogue.

    The SKUs are compared with the version it follows: the latest with a `valid_from_on` no later than its own.
    """

    version: int
    created: bool
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def import_catalogue(session: Session, catalogue: Catalogue, *, dry_run: bool = False) -> CatalogueImport:
    """Store a checked catalogue as a new version, unless it is what its day already has. Old versions never change."""
    session.execute(_ONE_AT_A_TIME)
    previous = session.scalars(
        select(PriceBook)
        .where(PriceBook.valid_from_on <= catalogue.valid_from_on)
        .order_by(PriceBook.valid_from_on.desc(), PriceBook.version.desc())
        .limit(1)
    ).one_or_none()
    if previous is not None and previous.source_sha256 == catalogue.sha256:
        return CatalogueImport(previous.version, created=False, added=(), changed=(), removed=())
    version = (session.scalar(select(func.max(PriceBook.version))) or 0) + 1
    before = {} if previous is None else _by_sku(stored_document(session, previous))
    if not dry_run:
        _store(session, catalogue, version)
    return _compared(version, before, _by_sku(catalogue.document))


def export_document(session: Session, version: int | None = None) -> JsonObject:
    """The document of a version, or of the one in force today. Raises NoPriceBook."""
    query = select(PriceBook).order_by(PriceBook.valid_from_on.desc(), PriceBook.version.desc()).limit(1)
    today = clock.today()
    wanted = PriceBook.valid_from_on <= today if version is None else PriceBook.version == version
    book = session.scalars(query.where(wanted)).one_or_none()
    if book is None:
        raise NoPriceBook(today)
    return stored_document(session, book)


def _store(session: Session, catalogue: Catalogue, version: int) -> None:
    document = catalogue.document
    book = PriceBook(
        id=new_id(),
        version=version,
        valid_from_on=catalogue.valid_from_on,
        source_sha256=catalogue.sha256,
        header={key: document[key] for key in _IN_HEADER if key in document},
        vat_rates=document["vat"],
        imported_at=clock.now(),
    )
    session.add(book)
    session.flush()
    session.add_all(
        CatalogueProduct(price_book_id=book.id, sku=product["sku"], position=place, definition=product)
        for place, product in enumerate(catalogue.products, start=1)
    )
    session.flush()


def _by_sku(document: JsonObject) -> dict[str, JsonObject]:
    return {product["sku"]: product for product in document["product"]}


def _compared(version: int, before: dict[str, JsonObject], after: dict[str, JsonObject]) -> CatalogueImport:
    return CatalogueImport(
        version=version,
        created=True,
        added=tuple(sku for sku in after if sku not in before),
        changed=tuple(sku for sku, product in after.items() if sku in before and before[sku] != product),
        removed=tuple(sku for sku in before if sku not in after),
    )
