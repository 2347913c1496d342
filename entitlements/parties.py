"""Parties (M1): every studio, company, invitee and the vendor itself is one row."""

import unicodedata
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select, text
from sqlalchemy.orm import Mapped, Session

from foundation import clock
from foundation.database import Identified, JsonObject, Model

STUDIO = "STUDIO"
COMPANY = "COMPANY"


class Party(Identified, Model):
    """Somebody rights and orders belong to. VAT number and tax code are two facts, never copied one to the other."""

    __tablename__ = "parties"
    __table_args__ = (
        CheckConstraint("kind IN ('STUDIO', 'COMPANY', 'INVITEE', 'VENDOR')", name="kind"),
        Index("uq_parties_studio_tax_code", "tax_code", unique=True, postgresql_where=text("kind = 'STUDIO'")),
        # A company that registered itself; those a studio or an invitation made count among `companies` (M6).
        Index(
            "uq_parties_registered_company",
            "tax_code",
            unique=True,
            postgresql_where=text("kind = 'COMPANY' AND registered_at IS NOT NULL"),
        ),
        Index("uq_parties_referral_code", "referral_code", unique=True),
        Index("ix_parties_tax_code", "tax_code"),
        Index("ix_parties_vat_number", "vat_number"),
        Index("uq_parties_external_ref", "external_ref", unique=True),
        Index("ix_parties_sort_name", "kind", "sort_name", "id"),
    )

    kind: Mapped[str]
    name: Mapped[str]
    sort_name: Mapped[str]
    vat_number: Mapped[str | None]
    tax_code: Mapped[str | None]
    email: Mapped[str | None]
    pec: Mapped[str | None]
    sdi_code: Mapped[str | None]
    phone: Mapped[str | None]
    address: Mapped[JsonObject]
    external_ref: Mapped[str | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    registered_at: Mapped[datetime | None]
    referral_code: Mapped[str | None]


class StudioAlreadyRegistered(Exception):
    """A studio with this tax code exists; the answer never says whose it is."""

    def __init__(self, tax_code: str) -> None:
        super().__init__("studio already registered")
        self.tax_code = tax_code


def sort_name(name: str) -> str:
    """The key names are sorted by: collation is by code point, so fold case and accents here."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def new_party(kind: str, name: str, **facts: str | JsonObject | UUID | None) -> Party:
    """Make a party not yet stored; `facts` are its columns."""
    values: dict[str, str | JsonObject | UUID | None] = {"address": {}} | facts
    return Party(kind=kind, name=name, sort_name=sort_name(name), version=1, created_at=clock.now(), **values)


def party_names(session: Session, ids: set[UUID]) -> dict[UUID, str]:
    """Names of several parties at once."""
    if not ids:
        return {}
    return {row.id: row.name for row in session.execute(select(Party.id, Party.name).where(Party.id.in_(ids)))}
