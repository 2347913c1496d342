"""Price books in the database: append-only versions, each holding every product as its file defined it (M13)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import APPEND_ONLY, Identified, JsonObject, Model


class PriceBook(Identified, Model):
    """One version of the catalogue, in force from `valid_from_on` until a later version is.

    `header` holds what is neither a rate nor a product: note, families, coupon types, extension scope.
    """

    __tablename__ = "price_books"
    __table_args__ = (
        Index("ix_price_books_in_force", "valid_from_on", "version"),
        {"info": {APPEND_ONLY: True}},
    )

    version: Mapped[int] = mapped_column(unique=True)
    valid_from_on: Mapped[date]
    source_sha256: Mapped[str]
    header: Mapped[JsonObject]
    vat_rates: Mapped[list[JsonObject]]
    imported_at: Mapped[datetime]


class CatalogueProduct(Identified, Model):
    """A product of one version; `definition` is its table of the file as plain JSON."""

    __tablename__ = "catalogue_products"
    __table_args__ = (UniqueConstraint("price_book_id", "sku"), {"info": {APPEND_ONLY: True}})

    price_book_id: Mapped[UUID] = mapped_column(ForeignKey("price_books.id"))
    sku: Mapped[str]
    position: Mapped[int]
    definition: Mapped[JsonObject]
