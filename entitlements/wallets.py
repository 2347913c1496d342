"""Wallets (D15, D20, D26): packs of documents, prepaid credit in cents, counted credits; buckets never below zero.

A bucket's balance changes in the same statement as its entry; the audit proves that it equals the sum of its entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, case, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.ledger import Account, Posting, book
from entitlements.links import Cause
from foundation import clock
from foundation.database import APPEND_ONLY, Identified, Model
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.jobs import schedule_due

EXPIRY_RULE = "wallets.expire"
EXPIRED = "wallet_expired"
"""The cause of the entry that books out what was left of a bucket on its last day."""
# By holder, so that two who use two wallets wait for them in the same order.
_LINE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(concat('wallet', holder, CAST(:meter AS text)), 0))"
    " FROM (SELECT unnest(CAST(:holders AS uuid[])) AS holder ORDER BY 1) AS ordered"
)
METERS = ("documents", "credit_cents", "credits")


class WalletBucket(Identified, Model):
    """What one grant put into a wallet. `ends_on` is exclusive; None never expires."""

    __tablename__ = "wallet_buckets"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id"),
        CheckConstraint("balance >= 0", name="balance_not_negative"),
        CheckConstraint("granted > 0", name="granted_positive"),
        CheckConstraint("funding IN ('PAID', 'BONUS')", name="funding"),
        CheckConstraint("meter IN ('documents', 'credit_cents', 'credits')", name="meter"),
        Index("ix_wallet_buckets_holder", "holder_party_id", "meter", "ends_on"),
    )

    holder_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    meter: Mapped[str]
    funding: Mapped[str]
    granted: Mapped[int]
    balance: Mapped[int]
    ends_on: Mapped[date | None]
    sku: Mapped[str]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    created_at: Mapped[datetime]


class Consumption(Identified, Model):
    """One use of a wallet, once per holder, meter and the caller's reference."""

    __tablename__ = "consumptions"
    __table_args__ = (
        UniqueConstraint("company_id", "meter", "reference"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        {"info": {APPEND_ONLY: True}},
    )

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    meter: Mapped[str]
    quantity: Mapped[int]
    reference: Mapped[str]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Consumed:
    """The use is booked (`repeated`: it had been booked before under the same reference)."""

    consumption_id: UUID
    balance: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class NotEnough:
    """Nothing was taken: the wallets hold only `balance`."""

    balance: int


class ReferenceReused(Exception):
    """The reference was used before for another quantity."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


def fill_bucket(session: Session, bucket: WalletBucket) -> bool:
    """Store a new bucket with its first entry, once per cause; answers False when it exists already."""
    values = {
        column.name: getattr(bucket, column.name)
        for column in WalletBucket.__table__.columns
        if column.name not in {"id", "balance"}
    }
    fresh = new_id()
    row = insert(WalletBucket).values(id=fresh, balance=bucket.granted, **values)
    created = session.execute(row.on_conflict_do_nothing().returning(WalletBucket.id)).scalar()
    if created is None:
        return False
    cause = Cause("wallet_grant", created)
    posting = Posting(Account("wallet_issue", bucket.meter), Account("wallet", bucket.meter, created), bucket.granted)
    book(session, cause, [posting])
    if bucket.ends_on is not None:
        schedule_due(session, EXPIRY_RULE, created, clock.rome_midnight(bucket.ends_on))
    return True


def expire_bucket(session: Session, bucket_id: UUID) -> int:
    """Book out what is left of a bucket whose last day has passed: it is lost (F003-18). Answers how much that was."""
    bucket = session.get_one(WalletBucket, bucket_id, with_for_update=True, populate_existing=True)
    lost = bucket.balance
    if lost == 0 or bucket.ends_on is None or bucket.ends_on > clock.today():
        return 0
    session.execute(update(WalletBucket).where(WalletBucket.id == bucket_id).values(balance=0))
    posting = Posting(Account("wallet", bucket.meter, bucket_id), Account("wallet_expiry", bucket.meter), lost)
    book(session, Cause(EXPIRED, bucket_id), [posting])
    holder = Subject("party", bucket.holder_party_id, bucket.holder_party_id)
    record_event(session, "credit.expired", holder, meter=bucket.meter, quantity=lost, bucket_id=bucket_id)
    return lost


def hand_over_buckets(session: Session, company_id: UUID, studio_id: UUID) -> int:
    """What a company that will never exist holds goes to its studio's pool (D20): nothing paid is lost.

    Answers how many buckets. The company's row must be locked.
    """
    moved = session.execute(
        update(WalletBucket)
        .where(WalletBucket.holder_party_id == company_id)
        .values(holder_party_id=studio_id)
        .returning(WalletBucket.id, WalletBucket.meter, WalletBucket.balance)
    ).all()
    for row in moved:
        subject = Subject("party", studio_id, studio_id)
        record_event(session, "credit.moved", subject, meter=row.meter, quantity=row.balance, bucket_id=row.id)
    return len(moved)


def consume(
    session: Session, company_id: UUID, holders: list[UUID], meter: str, quantity: int, reference: str
) -> Consumed | NotEnough:
    """Take `quantity` from the holders' buckets in the order of D15, once per reference. Raises ReferenceReused."""
    fresh = new_id()
    row = insert(Consumption).values(
        id=fresh, company_id=company_id, meter=meter, quantity=quantity, reference=reference, at=clock.now()
    )
    with session.begin_nested() as savepoint:
        created = session.execute(row.on_conflict_do_nothing().returning(Consumption.id)).scalar()
        taken = _take(session, holders, meter, quantity, created) if created is not None else None
        if isinstance(taken, NotEnough):
            # The reference is free again: the same use may be tried after a purchase.
            savepoint.rollback()
    return taken or _already_consumed(session, company_id, holders, meter, quantity, reference)


def _take(
    session: Session, holders: list[UUID], meter: str, quantity: int, consumption_id: UUID
) -> Consumed | NotEnough:
    wait_in_line(session, holders, meter)
    buckets = _open_buckets(session, holders, meter, lock=True)
    held = sum(bucket.balance for bucket in buckets)
    if held < quantity:
        return NotEnough(held)
    _burn(session, buckets, quantity, consumption_id)
    return Consumed(consumption_id, held - quantity, repeated=False)


def wait_in_line(session: Session, holders: Sequence[UUID], meter: str) -> None:
    """Let those who use the same wallet at once go one after the other, in the order in which they came.

    The rows' own locks go to whoever asks first after each change: of thirty-two users one was passed over until its
    fifteen seconds were over.
    """
    session.execute(_LINE, {"holders": list(holders), "meter": meter})


def _already_consumed(
    session: Session, company_id: UUID, holders: list[UUID], meter: str, quantity: int, reference: str
) -> Consumed:
    known = session.scalars(
        select(Consumption).where(
            Consumption.company_id == company_id, Consumption.meter == meter, Consumption.reference == reference
        )
    ).one()
    if known.quantity != quantity:
        raise ReferenceReused(reference)
    held = sum(bucket.balance for bucket in _open_buckets(session, holders, meter, lock=False))
    return Consumed(known.id, held, repeated=True)


def _open_buckets(session: Session, holders: list[UUID], meter: str, *, lock: bool) -> list[WalletBucket]:
    today = clock.today()
    query = (
        select(WalletBucket)
        .where(WalletBucket.holder_party_id.in_(holders), WalletBucket.meter == meter, WalletBucket.balance > 0)
        .where(WalletBucket.ends_on.is_(None) | (WalletBucket.ends_on > today))
        .order_by(
            WalletBucket.ends_on.asc().nulls_last(),
            case((WalletBucket.funding == "BONUS", 0), else_=1),
            WalletBucket.created_at,
            WalletBucket.id,
        )
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query.with_for_update() if lock else query))


def _burn(session: Session, buckets: list[WalletBucket], quantity: int, consumption_id: UUID) -> None:
    left, postings = quantity, []
    for bucket in buckets:
        if left == 0:
            break
        taken = min(left, bucket.balance)
        left -= taken
        session.execute(
            update(WalletBucket).where(WalletBucket.id == bucket.id).values(balance=WalletBucket.balance - taken)
        )
        meter = bucket.meter
        postings.append(Posting(Account("wallet", meter, bucket.id), Account("wallet_use", meter), taken))
    book(session, Cause("consumption", consumption_id), postings)
