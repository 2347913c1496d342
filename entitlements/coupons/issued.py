"""What became of the coupons of an order: how many were issued, how many activated, and when the first company came."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements.coupons.stock import Coupon, CouponPack


@dataclass(frozen=True, slots=True)
class IssuedCoupons:
    """Coupons of some causes: `issued` in all, `active` those whose company exists, `first_active_at` since when.

    `voided` went back with their money; `usable` can still be activated.
    """

    issued: int
    activating: int
    active: int
    voided: int
    usable: int
    first_active_at: datetime | None


def issued_for(session: Session, cause_kind: str, cause_ids: Collection[UUID]) -> IssuedCoupons:
    """The coupons minted for these causes (the lines of an order), in one query."""
    active = Coupon.state == "ACTIVE"
    query = (
        select(
            func.count(),
            func.count().filter(Coupon.state == "ACTIVATING"),
            func.count().filter(active),
            func.count().filter(Coupon.state == "VOIDED"),
            func.count().filter(Coupon.state == "AVAILABLE", Coupon.held_by_case.is_(None)),
            func.min(Coupon.changed_at).filter(active),
        )
        .join(CouponPack, CouponPack.id == Coupon.pack_id)
        .where(CouponPack.cause_kind == cause_kind, CouponPack.cause_id.in_(cause_ids))
    )
    row = session.execute(query).one()
    return IssuedCoupons(*row)
