"""What the buckets of wallets hold: now, as it is kept, and at any instant, as their entries add up (M12, M19)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Date, DateTime, Select, Uuid, bindparam, case, func, select
from sqlalchemy.orm import Session

from entitlements.ledger import LedgerAccount, LedgerTransfer
from entitlements.links import Cause
from entitlements.wallets import WalletBucket
from foundation import clock
from foundation.driver_statements import Rows, directly


@dataclass(frozen=True, slots=True)
class BucketBalance:
    """A bucket, and what it held at an instant."""

    id: UUID
    holder_party_id: UUID
    meter: str
    funding: str
    granted: int
    ends_on: date | None
    cause: Cause
    balance: int


def balances_now(session: Session, holders: list[UUID], on: date) -> list[BucketBalance]:
    """Every bucket of these holders that can be used on `on`, today, with the balance that is kept of it."""
    return _held(directly(session, _NOW, {"holders": holders, "on": on}))


def balances_at(session: Session, holders: list[UUID], at: datetime, known_at: datetime) -> list[BucketBalance]:
    """Every bucket of these holders usable at `at`, with the sum of its entries as known at `known_at` (M19)."""
    asked = {"holders": holders, "on": clock.rome_day(at), "at": at, "known_at": known_at}
    return _held(directly(session, _THEN, asked))


def _held(rows: Rows) -> list[BucketBalance]:
    return [
        BucketBalance(
            id=row.id,
            holder_party_id=row.holder_party_id,
            meter=row.meter,
            funding=row.funding,
            granted=row.granted,
            ends_on=row.ends_on,
            cause=Cause(row.cause_kind, row.cause_id),
            balance=int(row.held),
        )
        for row in rows.all()
    ]


def _usable(held: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    """The query for the buckets of `holders` that end after `on`, with what they held."""
    return (
        select(
            WalletBucket.id,
            WalletBucket.holder_party_id,
            WalletBucket.meter,
            WalletBucket.funding,
            WalletBucket.granted,
            WalletBucket.ends_on,
            WalletBucket.cause_kind,
            WalletBucket.cause_id,
            held.label("held"),
        )
        .where(WalletBucket.holder_party_id == func.any(bindparam("holders", type_=ARRAY(Uuid()))))
        .where(WalletBucket.ends_on.is_(None) | (WalletBucket.ends_on > bindparam("on", type_=Date())))
        .order_by(WalletBucket.ends_on.asc().nulls_last(), WalletBucket.created_at)
    )


def _sum_of_entries(until: ColumnElement[bool]) -> ColumnElement[int]:
    gained = LedgerTransfer.credit_account_id == LedgerAccount.id
    spent = LedgerTransfer.debit_account_id == LedgerAccount.id
    return (
        select(func.coalesce(func.sum(case((gained, LedgerTransfer.amount), else_=-LedgerTransfer.amount)), 0))
        .where(until, gained | spent)
        .correlate(LedgerAccount)
        .scalar_subquery()
    )


_AT, _KNOWN_AT = (bindparam(name, type_=DateTime(timezone=True)) for name in ("at", "known_at"))
_NOW = _usable(WalletBucket.__table__.c.balance)
_THEN = (
    _usable(_sum_of_entries((LedgerTransfer.at <= _AT) & (LedgerTransfer.recorded_at <= _KNOWN_AT)))
    .join(LedgerAccount, (LedgerAccount.kind == "wallet") & (LedgerAccount.owner_id == WalletBucket.id))
    .where(WalletBucket.created_at <= _AT)
)
