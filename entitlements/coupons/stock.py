"""The stock: coupon packs, coupons and their assignments (M9), and how a paid pack becomes coupons."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, insert, inspect, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.coupons.codes import new_code
from entitlements.coupons.coupon_states import CouponState, next_coupon_state
from foundation import clock
from foundation.database import Identified, JsonObject, Model
from foundation.ids import new_id
from foundation.jobs import schedule_due

TIME_TO_TRY_AGAIN = timedelta(days=30)
_MINT = text(
    """
    INSERT INTO coupons (id, pack_id, owner_party_id, coupon_type, code, ordinal, state, net_cents,
                         activate_by_on, minted_at, changed_at)
    SELECT fresh.id, :pack, :owner, :type, fresh.code, fresh.ordinal, 'AVAILABLE', fresh.net_cents, :by, :now, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:ordinals AS bigint[]), CAST(:nets AS bigint[]))
         AS fresh(id, code, ordinal, net_cents)
    ON CONFLICT (code) DO NOTHING
    RETURNING ordinal
    """
)


class CouponPack(Identified, Model):
    """Coupons minted for one cause; carries what each of them gives, frozen on the day it was bought."""

    __tablename__ = "coupon_packs"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    owner_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"), index=True)
    sku: Mapped[str]
    names: Mapped[JsonObject]
    coupon_type: Mapped[str]
    gives: Mapped[JsonObject]
    quantity: Mapped[int]
    net_cents: Mapped[int]
    price_book_version: Mapped[int]
    activate_by_on: Mapped[date | None]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    minted_at: Mapped[datetime]


class Coupon(Identified, Model):
    """One coupon. `activate_by_on` is exclusive: the first day on which it can no longer be used."""

    __tablename__ = "coupons"
    __table_args__ = (
        UniqueConstraint("pack_id", "ordinal"),
        Index("ix_coupons_stock", "owner_party_id", "state", "id"),
        CheckConstraint(
            "state IN ('AVAILABLE', 'ACTIVATING', 'ASSIGNED', 'ACTIVE', 'VOIDED', 'EXPIRED')", name="state"
        ),
    )

    pack_id: Mapped[UUID] = mapped_column(ForeignKey("coupon_packs.id"))
    owner_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    coupon_type: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True)
    ordinal: Mapped[int]
    state: Mapped[CouponState] = mapped_column(String())
    net_cents: Mapped[int]
    activate_by_on: Mapped[date | None]
    held_by_case: Mapped[UUID | None]
    minted_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class CouponAssignment(Identified, Model):
    """A coupon given to a company: at most one live per coupon (D16); only a definitive refusal releases it (M9)."""

    __tablename__ = "coupon_assignments"
    __table_args__ = (
        Index("uq_coupon_assignments_live", "coupon_id", unique=True, postgresql_where=text("released_at IS NULL")),
        Index("ix_coupon_assignments_company_id", "company_id"),
    )

    coupon_id: Mapped[UUID] = mapped_column(ForeignKey("coupons.id"))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    operation: Mapped[str]
    assigned_at: Mapped[datetime]
    assigned_by_user_id: Mapped[UUID | None]
    released_at: Mapped[datetime | None]


class CouponNotFound(Exception):
    """No such coupon in this studio's stock."""

    def __init__(self, coupon_id: UUID) -> None:
        super().__init__(str(coupon_id))
        self.coupon_id = coupon_id


def mint(session: Session, pack: CouponPack, net_shares: tuple[int, ...]) -> None:
    """Store a pack and mint its coupons, one per share of the net price, in one statement (again on a collision)."""
    session.execute(insert(CouponPack), [_values_of(pack)])
    missing = dict(enumerate(net_shares, start=1))
    while missing:
        made = session.execute(_MINT, _fresh(pack, missing)).scalars().all()
        for ordinal in made:
            del missing[ordinal]


def _values_of(pack: CouponPack) -> dict[str, Any]:
    return {column.key: getattr(pack, column.key) for column in inspect(CouponPack).column_attrs}


def _fresh(pack: CouponPack, missing: dict[int, int]) -> dict[str, Any]:
    prefix = str(pack.gives["code_prefix"])
    return {
        "pack": pack.id,
        "owner": pack.owner_party_id,
        "type": pack.coupon_type,
        "by": pack.activate_by_on,
        "now": clock.now(),
        "ids": [new_id() for _ in missing],
        "codes": [new_code(prefix) for _ in missing],
        "ordinals": list(missing),
        "nets": list(missing.values()),
    }


def coupon_of(
    session: Session, coupon_id: UUID, owner_party_id: UUID, *, lock: bool = False
) -> tuple[Coupon, CouponPack]:
    """One coupon of a studio's stock and its pack. Raises CouponNotFound, also for somebody else's."""
    query = (
        select(Coupon, CouponPack)
        .join(CouponPack, CouponPack.id == Coupon.pack_id)
        .where(Coupon.id == coupon_id, Coupon.owner_party_id == owner_party_id)
    )
    if lock:
        query = query.with_for_update(of=Coupon)
    found = session.execute(query).one_or_none()
    if found is None:
        raise CouponNotFound(coupon_id)
    return found[0], found[1]


def give_back(session: Session, coupon: Coupon) -> None:
    """Take a coupon back after a definitive refusal (M9); `coupon` is locked.

    It was used in time, so a refusal that comes at the end of its time leaves at least thirty days to try again.
    """
    coupon.state, coupon.changed_at = next_coupon_state(coupon.state, "company_refused"), clock.now()
    least = clock.today() + TIME_TO_TRY_AGAIN
    if coupon.activate_by_on is not None and coupon.activate_by_on < least:
        coupon.activate_by_on = least
        due_at = clock.rome_midnight(least)
        schedule_due(session, "coupons.expire", coupon.pack_id, due_at, period=f"{coupon.id}:{least}")
