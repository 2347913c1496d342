"""Voiding, holding and expiry (D10, M9): what a refund, a dispute or time does to coupons nobody has used.

Every function is set-based, names the coupons by the cause they were minted for, and changes nothing when repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.orm import Session

from entitlements.coupons.stock import TIME_TO_TRY_AGAIN, Coupon, CouponPack
from entitlements.drafts import forget_drafts
from entitlements.ledger import Account, Posting, book
from entitlements.links import Cause
from foundation import clock
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.jobs import schedule_due

_VOID = text(
    """
    UPDATE coupons SET state = 'VOIDED', changed_at = :now, held_by_case = NULL WHERE state = 'AVAILABLE' AND pack_id IN
      (SELECT id FROM coupon_packs WHERE cause_kind = :cause_kind AND cause_id = ANY(CAST(:causes AS uuid[])))
    RETURNING id, pack_id, net_cents
    """
)
_VOID_HELD = text(
    "UPDATE coupons SET state = 'VOIDED', changed_at = :now, held_by_case = NULL"
    " WHERE state = 'AVAILABLE' AND held_by_case = :case RETURNING id, pack_id, net_cents"
)
# What the shop itself holds nobody could have used meanwhile.
_EXPIRE = text(
    "UPDATE coupons SET state = 'EXPIRED', changed_at = :now WHERE pack_id = :pack AND state = 'AVAILABLE'"
    " AND held_by_case IS NULL AND activate_by_on <= :today RETURNING id, pack_id, net_cents"
)
_HOLD = text(
    """
    UPDATE coupons SET held_by_case = :case, changed_at = :now
    WHERE state = ANY(CAST(:states AS text[])) AND held_by_case IS NULL AND pack_id IN
      (SELECT id FROM coupon_packs WHERE cause_kind = :cause_kind AND cause_id = ANY(CAST(:causes AS uuid[])))
    RETURNING id
    """
)
_LEAVE_TIME = text(
    "UPDATE coupons SET activate_by_on = :least"
    " WHERE held_by_case = :case AND state = 'AVAILABLE' AND activate_by_on < :least RETURNING pack_id"
)
_RELEASE = text(
    "UPDATE coupons SET held_by_case = NULL, changed_at = CASE state WHEN 'AVAILABLE' THEN :now ELSE changed_at END"
    " WHERE held_by_case = :case RETURNING id"
)


def void_coupons(session: Session, cause_kind: str, cause_ids: Sequence[UUID], why: Cause) -> int:
    """Void what nobody has used of the coupons minted for these causes; answers how many.

    Their share of the deferred liability goes against the refunds (M12): it will never be earned.
    """
    ended = _end(session, _VOID, _causes(cause_kind, cause_ids))
    return _settle_void(session, ended, why)


def void_held_coupons(session: Session, case: UUID, why: Cause) -> int:
    """Void the coupons a case holds, as `void_coupons` does; answers how many."""
    return _settle_void(session, _end(session, _VOID_HELD, {"case": case}), why)


def expire_pack(session: Session, pack_id: UUID) -> int:
    """Expire what is left of a pack whose time to activate has passed, but for what a case holds; answers how many.

    Their share of the deferred liability is earned (M12): nothing more is owed for it.
    """
    ended = _end(session, _EXPIRE, {"pack": pack_id, "today": clock.today()})
    for pack, cents in ended:
        revenue = Account("revenue", label=pack.sku)
        book(session, Cause("coupons_expired", new_id()), [Posting(_deferred(pack), revenue, sum(cents))])
        record_event(session, "coupon.expired", _subject(pack), quantity=len(cents))
    return sum(len(cents) for _pack, cents in ended)


def _end(session: Session, statement: TextClause, values: dict[str, Any]) -> list[tuple[CouponPack, list[int]]]:
    """The coupons that this statement ended, as their packs with the net shares; what was typed for them is dropped."""
    rows = session.execute(statement, values | {"now": clock.now()}).all()
    forget_drafts(session, [row.id for row in rows])
    cents: dict[UUID, list[int]] = {}
    for row in rows:
        cents.setdefault(row.pack_id, []).append(row.net_cents)
    packs = session.scalars(select(CouponPack).where(CouponPack.id.in_(cents)).order_by(CouponPack.id)).all()
    return [(pack, cents[pack.id]) for pack in packs]


def _settle_void(session: Session, ended: Sequence[tuple[CouponPack, list[int]]], why: Cause) -> int:
    for pack, cents in ended:
        book(session, Cause("coupons_voided", new_id()), [Posting(_deferred(pack), Account("refunds"), sum(cents))])
        subject = _subject(pack)
        record_event(session, "coupon.voided", subject, quantity=len(cents), cause_kind=why.kind, cause_id=why.id)
    return sum(len(cents) for _pack, cents in ended)


def _deferred(pack: CouponPack) -> Account:
    return Account("deferred", label=pack.sku)


def _subject(pack: CouponPack) -> Subject:
    return Subject("coupon_pack", pack.id, pack.owner_party_id)


def hold_coupons(
    session: Session, cause_kind: str, cause_ids: Sequence[UUID], case: UUID, *, under_way: bool = False
) -> int:
    """Freeze the unused coupons of these causes for a case, so that nobody uses them meanwhile; answers how many.

    With `under_way` also those that wait for the vendor's answer: a refusal brings them back, and then they are held.
    """
    states = ["AVAILABLE", "ACTIVATING"] if under_way else ["AVAILABLE"]
    values = _causes(cause_kind, cause_ids) | {"case": case, "states": states, "now": clock.now()}
    return len(session.execute(_HOLD, values).all())


def release_coupons(session: Session, case: UUID) -> int:
    """Give back what a case held; answers how many. Whoever could not use them has at least thirty days to try."""
    least = clock.today() + TIME_TO_TRY_AGAIN
    for pack_id in session.scalars(_LEAVE_TIME, {"case": case, "least": least}).unique():
        schedule_due(session, "coupons.expire", pack_id, clock.rome_midnight(least), period=f"{case}:{least}")
    return len(session.execute(_RELEASE, {"case": case, "now": clock.now()}).all())


@dataclass(frozen=True, slots=True)
class CouponShares:
    """Of the coupons of one cause: how many nobody uses and no case holds, their net share, and that of those gone."""

    unused: int = 0
    unused_net_cents: int = 0
    gone_net_cents: int = 0


def coupon_shares(session: Session, cause_kind: str, cause_ids: Sequence[UUID]) -> dict[UUID, CouponShares]:
    """The net shares of the coupons minted for these causes; gone are those voided, or held to be."""
    free = (Coupon.state == "AVAILABLE") & Coupon.held_by_case.is_(None)
    gone = (Coupon.state == "VOIDED") | ((Coupon.state == "AVAILABLE") & Coupon.held_by_case.is_not(None))
    query = (
        select(
            CouponPack.cause_id,
            func.count().filter(free),
            func.coalesce(func.sum(Coupon.net_cents).filter(free), 0),
            func.coalesce(func.sum(Coupon.net_cents).filter(gone), 0),
        )
        .join(CouponPack, CouponPack.id == Coupon.pack_id)
        .where(CouponPack.cause_kind == cause_kind, CouponPack.cause_id.in_(cause_ids))
        .group_by(CouponPack.cause_id)
    )
    return {row[0]: CouponShares(int(row[1]), int(row[2]), int(row[3])) for row in session.execute(query)}


def coupons_by_state(session: Session, cause_kind: str, cause_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """For each cause, how many of its coupons are in each state."""
    query = (
        select(CouponPack.cause_id, Coupon.state, func.count())
        .join(CouponPack, CouponPack.id == Coupon.pack_id)
        .where(CouponPack.cause_kind == cause_kind, CouponPack.cause_id.in_(cause_ids))
        .group_by(CouponPack.cause_id, Coupon.state)
    )
    found: dict[UUID, dict[str, int]] = {cause_id: {} for cause_id in cause_ids}
    for cause_id, state, count in session.execute(query):
        found[cause_id][state] = count
    return found


def coupons_under_way(session: Session, cause_kind: str, cause_ids: Sequence[UUID]) -> int:
    """How many coupons of these causes wait for the vendor's answer: they may become licences yet."""
    states = coupons_by_state(session, cause_kind, cause_ids)
    return sum(count for by_state in states.values() for state, count in by_state.items() if state == "ACTIVATING")


def _causes(cause_kind: str, cause_ids: Sequence[UUID]) -> dict[str, Any]:
    return {"cause_kind": cause_kind, "causes": list(cause_ids)}
