"""Recoveries (D10): what nobody has used of a pack or a top-up is taken back when its money goes back, never more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.ledger import Account, LedgerTransfer, Posting, book
from entitlements.links import Cause
from entitlements.wallets import EXPIRED, WalletBucket, expire_bucket, wait_in_line
from foundation import clock
from foundation.database import APPEND_ONLY, Identified, Model
from foundation.events import Subject, record_event
from foundation.ids import new_id
from pricing import Money, refund_share

REFUNDS = Account("refunds")


class WalletRecovery(Identified, Model):
    """So many units were taken out of a bucket, sold for `net_cents`; a row below zero puts them back."""

    __tablename__ = "wallet_recoveries"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        Index("ix_wallet_recoveries_bucket_id", "bucket_id"),
        Index("ix_wallet_recoveries_cause", "cause_kind", "cause_id"),
        {"info": {APPEND_ONLY: True}},
    )

    bucket_id: Mapped[UUID] = mapped_column(ForeignKey("wallet_buckets.id"))
    quantity: Mapped[int]
    net_cents: Mapped[int]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class BucketLeft:
    """What is left of what one cause put into a wallet, and what was used of it, in the meter's units.

    What expired or was taken back is neither.
    """

    meter: str
    granted: int
    left: int
    used: int

    def share_of(self, frozen_cents: int) -> int:
        """What the units that are left were sold for, of `frozen_cents` for all of them (M13)."""
        return frozen_cents - self.used_share_of(frozen_cents)

    def used_share_of(self, frozen_cents: int) -> int:
        """What the units that are used or taken were sold for."""
        return refund_share(Money(frozen_cents), self.granted, 0, self.granted - self.left).cents


def buckets_left(session: Session, cause_kind: str, cause_ids: Sequence[UUID]) -> dict[UUID, BucketLeft]:
    """For each cause that filled a wallet, how much of it is left and has not expired."""
    query = select(WalletBucket).where(WalletBucket.cause_kind == cause_kind, WalletBucket.cause_id.in_(cause_ids))
    return {bucket.cause_id: _left(session, bucket) for bucket in session.scalars(query)}


def recover_unused(session: Session, cause_kind: str, sold_for: Mapping[UUID, int], why: Cause) -> int:
    """Take back what is left of these causes' buckets; answers the units. Repeating it takes what came back meanwhile.

    `sold_for` says the net cents each cause was sold for; the share of what is taken goes against the refunds, since it
    will never be earned (M12). What was used stays used: finance decides about that.
    """
    taken = 0
    for bucket in _locked(session, WalletBucket.cause_kind == cause_kind, WalletBucket.cause_id.in_(sold_for)):
        left = _left(session, bucket)
        if left.left:
            _move(session, bucket, left.left, left.share_of(sold_for[bucket.cause_id]), why)
            taken += left.left
    return taken


def give_back_recovered(session: Session, why: Cause) -> int:
    """Put back what was taken for a cause that came to nothing, once; answers the units.

    What expired meanwhile is lost all the same, as it would have been in the wallet (F003-18).
    """
    taken, worth = func.sum(WalletRecovery.quantity), func.sum(WalletRecovery.net_cents)
    query = (
        select(WalletRecovery.bucket_id, taken, worth)
        .where(WalletRecovery.cause_kind == why.kind, WalletRecovery.cause_id == why.id)
        .group_by(WalletRecovery.bucket_id)
        .having(taken > 0)
    )
    found = {bucket_id: (int(units), int(cents)) for bucket_id, units, cents in session.execute(query).all()}
    for bucket in _locked(session, WalletBucket.id.in_(found)):
        quantity, net_cents = found[bucket.id]
        _move(session, bucket, -quantity, -net_cents, why)
        expire_bucket(session, bucket.id)
    return sum(quantity for quantity, _cents in found.values())


def _locked(session: Session, *which: ColumnElement[bool]) -> list[WalletBucket]:
    """Buckets, locked once whoever uses their wallets is done: users lock the same rows in the order of D15."""
    query = select(WalletBucket.meter, WalletBucket.holder_party_id).where(*which).distinct()
    wallets = sorted((str(row.meter), row.holder_party_id) for row in session.execute(query))
    for meter, of_meter in groupby(wallets, key=itemgetter(0)):
        wait_in_line(session, [holder for _meter, holder in of_meter], meter)
    locked = select(WalletBucket).where(*which).order_by(WalletBucket.id).with_for_update()
    return list(session.scalars(locked.execution_options(populate_existing=True)))


def _left(session: Session, bucket: WalletBucket) -> BucketLeft:
    over = bucket.ends_on is not None and bucket.ends_on <= clock.today()
    recovered = select(func.coalesce(func.sum(WalletRecovery.quantity), 0)).where(WalletRecovery.bucket_id == bucket.id)
    of_bucket = (LedgerTransfer.cause_kind == EXPIRED, LedgerTransfer.cause_id == bucket.id)
    expired = select(func.coalesce(func.sum(LedgerTransfer.amount), 0)).where(*of_bucket)
    gone = sum(int(session.execute(query).scalar_one()) for query in (recovered, expired))
    return BucketLeft(
        bucket.meter, bucket.granted, 0 if over else bucket.balance, bucket.granted - bucket.balance - gone
    )


def _move(session: Session, bucket: WalletBucket, quantity: int, net_cents: int, why: Cause) -> None:
    """One recovery with its entries: units out of the bucket (or back), their worth out of what is owed (or back)."""
    recovery = WalletRecovery(
        id=new_id(),
        bucket_id=bucket.id,
        quantity=quantity,
        net_cents=net_cents,
        cause_kind=why.kind,
        cause_id=why.id,
        at=clock.now(),
    )
    session.add(recovery)
    session.flush()
    session.execute(
        update(WalletBucket).where(WalletBucket.id == bucket.id).values(balance=WalletBucket.balance - quantity)
    )
    units = (Account("wallet", bucket.meter, bucket.id), Account("wallet_recovered", bucket.meter))
    worth = (Account("deferred", label=bucket.sku), REFUNDS)
    if quantity < 0:
        units, worth = (units[1], units[0]), (worth[1], worth[0])
    postings = [Posting(*units, abs(quantity)), Posting(*worth, abs(net_cents))]
    book(session, Cause("wallet_recovery", recovery.id), postings)
    holder = Subject("party", bucket.holder_party_id, bucket.holder_party_id)
    record_event(session, "credit.recovered", holder, meter=bucket.meter, quantity=quantity, bucket_id=bucket.id)
