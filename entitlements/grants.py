"""Grants: a paid line becomes rights, once (F003-01, F003-08). One strategy per kind of thing a product gives."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from sqlalchemy import UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session

from entitlements.companies import Company
from entitlements.coupons.stock import CouponPack, mint
from entitlements.paid_lines import PaidLine
from entitlements.purchases import buy_company
from entitlements.running.licence_grants import grant_licence
from entitlements.wallets import WalletBucket, fill_bucket
from foundation import clock
from foundation.database import APPEND_ONLY, Identified, Model
from foundation.driver_statements import directly
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.jobs import schedule_due
from pricing import add_months, largest_remainder

_CLAIM = text(
    "INSERT INTO grants (id, cause_kind, cause_id, ordinal, kind, quantity)"
    " VALUES (:id, :cause_kind, :cause_id, 0, :kind, :quantity) ON CONFLICT DO NOTHING RETURNING id"
)


class Grant(Identified, Model):
    """The claim that one cause was granted: its unique key is what makes a second grant impossible."""

    __tablename__ = "grants"
    __table_args__ = (UniqueConstraint("cause_kind", "cause_id", "ordinal"), {"info": {APPEND_ONLY: True}})

    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    ordinal: Mapped[int]
    kind: Mapped[str]
    quantity: Mapped[int]


class UnknownGrant(Exception):
    """A product gives something nobody here knows how to issue."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def grant(session: Session, line: PaidLine) -> bool:
    """Issue what a paid line gives; answers False when this cause was granted before.

    Raises UnknownGrant; of services also those of NOT_TO_BE_HAD, after which nothing may be committed.
    """
    kind = str(line.gives["kind"])
    if kind not in _STRATEGIES:
        raise UnknownGrant(kind)
    claim = {"id": new_id(), "cause_kind": line.cause.kind, "cause_id": line.cause.id}
    if directly(session, _CLAIM, claim | {"kind": kind, "quantity": line.quantity}).first() is None:
        return False
    _STRATEGIES[kind](session, line)
    return True


def _issue_coupons(session: Session, line: PaidLine) -> None:
    units = int(line.gives["units"]) * line.quantity
    months = line.gives.get("activate_within_months")
    activate_by = add_months(clock.today(), int(months)) if months else None
    pack = CouponPack(
        id=new_id(),
        owner_party_id=line.owner_party_id,
        sku=line.sku,
        names=line.names,
        coupon_type=line.gives["coupon_type"],
        gives=line.gives,
        quantity=units,
        net_cents=line.net_cents,
        price_book_version=line.price_book_version,
        activate_by_on=activate_by,
        cause_kind=line.cause.kind,
        cause_id=line.cause.id,
        minted_at=clock.now(),
    )
    mint(session, pack, largest_remainder(line.net_cents, [1] * units))
    if activate_by is not None:
        schedule_due(session, "coupons.expire", pack.id, clock.rome_midnight(activate_by))
    subject = Subject("coupon_pack", pack.id, line.owner_party_id)
    record_event(session, "coupon.issued", subject, quantity=units, cause_id=line.cause.id)


def _fill_wallet(session: Session, line: PaidLine) -> None:
    meter = str(line.gives["kind"])
    units = int(line.gives["units"]) * line.quantity
    holder_id = _holder(session, line)
    bucket = WalletBucket(
        holder_party_id=holder_id,
        meter=meter,
        funding=line.gives.get("funding", "PAID"),
        granted=units,
        ends_on=bucket_end(line.gives.get("ends", "never"), clock.today()),
        sku=line.sku,
        cause_kind=line.cause.kind,
        cause_id=line.cause.id,
        created_at=clock.now(),
    )
    fill_bucket(session, bucket)
    subject = Subject("party", holder_id, holder_id)
    record_event(session, "credit.added", subject, meter=meter, quantity=units, cause_id=line.cause.id)


def _holder(session: Session, line: PaidLine) -> UUID:
    """Whom a pack was bought for; its buyer when that company has been refused meanwhile: nothing paid is lost."""
    if line.for_party_id == line.owner_party_id:
        return line.owner_party_id
    # Shared with nobody who refuses the company at this moment: then its buckets are handed over.
    query = select(Company.state).where(Company.id == line.for_party_id).with_for_update(read=True)
    return line.owner_party_id if session.execute(query).scalar() == "REJECTED" else line.for_party_id


def bucket_end(rule: str, on: date) -> date | None:
    """The exclusive end of what enters a wallet on the Rome day `on`: `31 December`, `12 months`, `never` (F003-18)."""
    if rule == "never":
        return None
    if rule == "31 December":
        return date(on.year + 1, 1, 1)
    return add_months(on, int(rule.removesuffix(" months")))


_STRATEGIES: dict[str, Callable[[Session, PaidLine], None]] = {
    "coupons": _issue_coupons,
    "documents": _fill_wallet,
    "credit_cents": _fill_wallet,
    "credits": _fill_wallet,
    "licence": grant_licence,
    "company": buy_company,
}
GRANT_KINDS = frozenset(_STRATEGIES)
