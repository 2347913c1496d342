"""Licences (M7): one model for every right that lasts: what it allows, and its append-only terms."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from entitlements.known_licences import storage_of
from entitlements.running.service_states import ServiceState
from foundation import clock
from foundation.database import APPEND_ONLY, Identified, JsonObject, Model

PLAN = "plan"
BASE_SERVICE = "base_service"
ADD_ON = "addon"
SEATS = "seats"
STORAGE = "storage"
LOTS = (SEATS, STORAGE)
"""Kinds bought by quantity, of which a company may have several beside each other."""


class Licence(Identified, Model):
    """A right of a party: a product of a family with plan, mode and limits. One per cause (M8).

    `kind` is a plan (of a coupon), a base service, a module, or a lot: `quantity` seats or units of storage. `state` is
    what was last told of a service; what it is on a day follows from its terms (`running/what_runs.py`). `tax_code`
    stands here for base services because "one open base service per tax code" is a promise of this table (F004-24);
    `closed_at` ends it. `suspended_at` and its case are how it stands now; what was known when is in its suspensions.
    `replaces_licence_id` is the lot that lapses on its day and that this smaller one follows (F004-21, F004-22): a lot
    is followed once.
    """

    __tablename__ = "licences"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id"),
        UniqueConstraint("id", "quantity"),
        UniqueConstraint("replaces_licence_id"),
        Index("ix_licences_party_id", "party_id"),
        Index(
            "uq_licences_open_base",
            "tax_code",
            unique=True,
            postgresql_where=text("kind = 'base_service' AND closed_at IS NULL"),
        ),
        CheckConstraint("access_mode IN ('FULL', 'READ_ONLY')", name="access_mode"),
        CheckConstraint("kind IN ('plan', 'base_service', 'addon', 'seats', 'storage')", name="kind"),
        CheckConstraint("state IN ('ACTIVE', 'LIMITED', 'CLOSED', 'SUSPENDED', 'EXPIRED')", name="state"),
        CheckConstraint("quantity > 0 AND (quantity = 1 OR kind IN ('seats', 'storage'))", name="quantity"),
        CheckConstraint("(kind = 'base_service') = (tax_code IS NOT NULL)", name="base_has_tax_code"),
        CheckConstraint("(state = 'CLOSED') = (closed_at IS NOT NULL)", name="closed"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    family: Mapped[str]
    product: Mapped[str]
    plan: Mapped[str]
    access_mode: Mapped[str]
    limits: Mapped[JsonObject]
    kind: Mapped[str]
    sku: Mapped[str]
    names: Mapped[JsonObject]
    gives: Mapped[JsonObject]
    quantity: Mapped[int]
    state: Mapped[ServiceState] = mapped_column(String())
    tax_code: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    replaces_licence_id: Mapped[UUID | None] = mapped_column(ForeignKey("licences.id"))
    suspended_at: Mapped[datetime | None]
    suspended_by_case: Mapped[UUID | None]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    created_at: Mapped[datetime]

    @property
    def storage_gb(self) -> int:
        """The gigabytes that all its units together give (F004-27)."""
        return storage_of(self.quantity, self.limits)


class LicenceTerm(Identified, Model):
    """A licence's term `[starts_on, ends_on)` in Rome days, with the anchor and price extensions start from.

    `net_cents` was paid for this term; `unit_net_cents` is the price of one unit for a year, from which later parts of
    a year are charged (D3). A term that starts where another of the licence started would be a day paid twice.
    """

    __tablename__ = "licence_terms"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id"),
        UniqueConstraint("licence_id", "starts_on"),
        CheckConstraint("action IN ('START', 'EXTEND', 'RENEW')", name="action"),
        Index("ix_licence_terms_licence", "licence_id", "ends_on"),
        CheckConstraint("ends_on > starts_on", name="not_empty"),
        {"info": {APPEND_ONLY: True}},
    )

    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licences.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    anchor_on: Mapped[date]
    action: Mapped[str]
    net_cents: Mapped[int]
    unit_net_cents: Mapped[int]
    vat_code: Mapped[str]
    price_book_version: Mapped[int]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    recorded_at: Mapped[datetime]


class LicenceSuspension(Identified, Model):
    """From `from_at` on a case holds a licence back, or gives it back, until a later row says otherwise (D10, M19)."""

    __tablename__ = "licence_suspensions"
    __table_args__ = (
        UniqueConstraint("licence_id", "from_at"),
        {"info": {APPEND_ONLY: True}},
    )

    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licences.id"))
    case_id: Mapped[UUID]
    suspended: Mapped[bool]
    from_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Activation(Identified, Model):
    """History kept for ever (M8): who was activated with what, for which licence year; eligibility reads it."""

    __tablename__ = "activations"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id"),
        Index("ix_activations_tax_code", "tax_code"),
        {"info": {APPEND_ONLY: True}},
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    tax_code: Mapped[str]
    coupon_type: Mapped[str | None]
    operation: Mapped[str]
    licence_year: Mapped[int]
    self_purchase: Mapped[bool]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    recorded_at: Mapped[datetime]


def new_licence(party_id: UUID, gives: JsonObject, cause_kind: str, cause_id: UUID, **facts: object) -> Licence:
    """A licence not yet stored, with what a product gives; `facts` are further columns."""
    values: dict[str, object] = {"kind": PLAN, "sku": gives["product"], "names": {}, "quantity": 1} | facts
    return Licence(
        party_id=party_id,
        family=gives["family"],
        product=gives["product"],
        plan=gives["plan"],
        access_mode=gives.get("access_mode", "FULL"),
        limits=gives.get("limits", {}),
        gives=gives,
        state="ACTIVE",
        cause_kind=cause_kind,
        cause_id=cause_id,
        created_at=clock.now(),
        **values,
    )
