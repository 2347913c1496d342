"""Shelves: a studio's stock as its people look at it: filtered, counted, a page at a time, with the companies."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from entitlements.coupons.stock import Coupon, CouponAssignment, CouponPack
from entitlements.drafts import ActivationDraft
from entitlements.parties import Party
from foundation import clock

_BATCH = 1_000
EXPIRY_WINDOWS = {"30": timedelta(days=30), "90": timedelta(days=90)}


@dataclass(frozen=True, slots=True)
class StockFilter:
    """What is asked for: state, type, part of a code, and `expiry`: 30 or 90 (days from today) or never."""

    state: str | None = None
    coupon_type: str | None = None
    search: str = ""
    expiry: str = ""


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """A coupon with its pack, the company it went to, and the draft that waits to be finished."""

    coupon: Coupon
    pack: CouponPack
    company_id: UUID | None
    company_name: str | None
    draft: ActivationDraft | None


def count_by_state(session: Session, owner_party_id: UUID) -> dict[str, int]:
    """How many coupons a studio holds in each state."""
    query = select(Coupon.state, func.count()).where(Coupon.owner_party_id == owner_party_id).group_by(Coupon.state)
    return {row[0]: row[1] for row in session.execute(query)}


def count_drafts(session: Session, owner_party_id: UUID) -> int:
    """How many activations a studio began and did not finish."""
    query = select(func.count()).select_from(ActivationDraft).join(Coupon, Coupon.id == ActivationDraft.coupon_id)
    unfinished = query.where(Coupon.owner_party_id == owner_party_id, Coupon.state == "AVAILABLE")
    return session.execute(unfinished).scalar_one()


def types_of(session: Session, owner_party_id: UUID) -> list[str]:
    """Which types of coupon a studio has ever had, by name."""
    query = select(CouponPack.coupon_type).where(CouponPack.owner_party_id == owner_party_id).distinct()
    return sorted(session.scalars(query))


def count_of(session: Session, owner_party_id: UUID, wanted: StockFilter) -> int:
    """How many coupons of a studio a filter shows."""
    query = select(func.count()).select_from(Coupon).where(*_conditions(owner_party_id, wanted))
    return session.execute(query).scalar_one()


def stock_of(
    session: Session,
    owner_party_id: UUID,
    *,
    state: str | None = None,
    coupon_type: str | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[tuple[Coupon, CouponPack]]:
    """A page of a studio's coupons, oldest first, filtered by state or type; `after` is the last id seen."""
    query = _page(select(Coupon, CouponPack), owner_party_id, StockFilter(state, coupon_type), after, limit)
    return [(row[0], row[1]) for row in session.execute(query)]


def shelf_of(
    session: Session, owner_party_id: UUID, wanted: StockFilter, after: UUID | None = None, limit: int = 50
) -> list[ShelfRow]:
    """A page of the stock with companies and drafts, in one query however long the stock is."""
    query = _page(
        select(Coupon, CouponPack, CouponAssignment.company_id, Party.name, ActivationDraft),
        owner_party_id,
        wanted,
        after,
        limit,
    )
    live = (CouponAssignment.coupon_id == Coupon.id) & CouponAssignment.released_at.is_(None)
    query = (
        query.outerjoin(CouponAssignment, live)
        .outerjoin(Party, Party.id == CouponAssignment.company_id)
        .outerjoin(ActivationDraft, ActivationDraft.coupon_id == Coupon.id)
    )
    return [ShelfRow(row[0], row[1], row[2], row[3], row[4]) for row in session.execute(query)]


def whole_shelf(session: Session, owner_party_id: UUID, wanted: StockFilter) -> list[ShelfRow]:
    """Everything a filter shows, read a thousand rows at a time (the export)."""
    rows: list[ShelfRow] = []
    while True:
        page = shelf_of(session, owner_party_id, wanted, rows[-1].coupon.id if rows else None, _BATCH)
        rows += page
        if len(page) < _BATCH:
            return rows


def company_by_coupon(session: Session, coupon_id: UUID) -> UUID | None:
    """The company a coupon went to, unless it came back."""
    query = select(CouponAssignment.company_id).where(
        CouponAssignment.coupon_id == coupon_id, CouponAssignment.released_at.is_(None)
    )
    return session.execute(query).scalar()


def coupons_by_company(session: Session, owner_party_id: UUID, company_ids: list[UUID]) -> dict[UUID, Coupon]:
    """For each company the coupon of this owner that was last used for it, also one that came back after a refusal.

    Another studio's coupon is nobody else's to read, whoever works on the company since (M6).
    """
    query = (
        select(CouponAssignment.company_id, Coupon)
        .join(Coupon, Coupon.id == CouponAssignment.coupon_id)
        .where(CouponAssignment.company_id.in_(company_ids), Coupon.owner_party_id == owner_party_id)
        .order_by(CouponAssignment.id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _page(query: Any, owner_party_id: UUID, wanted: StockFilter, after: UUID | None, limit: int) -> Any:  # noqa: ANN401
    paged = (
        query.join(CouponPack, CouponPack.id == Coupon.pack_id)
        .where(*_conditions(owner_party_id, wanted))
        .order_by(Coupon.id)
        .limit(limit)
    )
    return paged if after is None else paged.where(Coupon.id > after)


def _conditions(owner_party_id: UUID, wanted: StockFilter) -> list[ColumnElement[bool]]:
    conditions = [Coupon.owner_party_id == owner_party_id]
    if wanted.state:
        conditions.append(Coupon.state == wanted.state)
    if wanted.coupon_type:
        conditions.append(Coupon.coupon_type == wanted.coupon_type)
    if wanted.search.strip():
        conditions.append(Coupon.code.contains("".join(wanted.search.upper().split()), autoescape=True))
    if wanted.expiry == "never":
        conditions.append(Coupon.activate_by_on.is_(None))
    elif wanted.expiry in EXPIRY_WINDOWS:
        conditions.append(Coupon.activate_by_on <= clock.today() + EXPIRY_WINDOWS[wanted.expiry])
    return conditions
