"""Wallets to be filled: a company that may use them, and buckets of every kind."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.parties import COMPANY, new_party
from entitlements.wallets import WalletBucket, fill_bucket
from foundation import clock
from foundation.ids import new_id


def a_company(session: Session) -> UUID:
    """A company that may use wallets; nothing else about it matters here."""
    party = new_party(COMPANY, "Officina", id=new_id(), tax_code=str(new_id().int)[-11:])
    session.add(party)
    session.flush()
    company = Company(
        id=party.id,
        tax_code=party.tax_code or "",
        state="PROVISIONING",
        profile={},
        requested_by_party_id=party.id,
        requested_on=clock.today(),
        requested_at=clock.now(),
        support_code="",
        version=1,
    )
    session.add(company)
    session.flush()
    return party.id


@dataclass(frozen=True)
class Fill:
    """What is put into a wallet: how much, until when (exclusive), by whom it was paid, how long ago."""

    units: int
    ends_on: date | None = None
    funding: str = "PAID"
    days_ago: int = 0


def fill(session: Session, holder: UUID, what: Fill, meter: str = "documents") -> UUID:
    """Fill a bucket; answers its id."""
    bucket = WalletBucket(
        holder_party_id=holder,
        meter=meter,
        funding=what.funding,
        granted=what.units,
        ends_on=what.ends_on,
        sku="PACK",
        cause_kind="referral",
        cause_id=new_id(),
        created_at=clock.now() - timedelta(days=what.days_ago),
    )
    assert fill_bucket(session, bucket)
    query = select(WalletBucket.id).where(WalletBucket.cause_id == bucket.cause_id)
    return session.execute(query).scalar_one()


def left_in(session: Session, *buckets: UUID) -> list[int]:
    """The balances of buckets."""
    found = {row.id: row.balance for row in session.execute(select(WalletBucket.id, WalletBucket.balance))}
    return [found[bucket] for bucket in buckets]


def soon(days: int) -> date:
    return clock.today() + timedelta(days=days)
