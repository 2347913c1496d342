"""The list of packs and credit (F003-20): what every bucket was, what is left of it, until when, and what was lost."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, func, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from entitlements.ledger import LedgerTransfer
from entitlements.links import PayerPeriod
from entitlements.parties import Party
from entitlements.wallet_recoveries import WalletRecovery
from entitlements.wallets import WalletBucket
from foundation import clock

PackState = Literal["OPEN", "USED", "ENDED", "RECOVERED"]
PACK_STATES: tuple[PackState, ...] = ("OPEN", "USED", "ENDED", "RECOVERED")

_NEVER = date.max
_RECOVERED = (
    select(func.coalesce(func.sum(WalletRecovery.quantity), 0))
    .where(WalletRecovery.bucket_id == WalletBucket.id)
    .correlate(WalletBucket)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Pack:
    """A bucket with its holder; `lost` is what was left when it ended, `recovered` what was taken back of it (D10)."""

    bucket: WalletBucket
    holder: Party
    lost: int
    recovered: int

    @property
    def state(self) -> PackState:
        """RECOVERED when a refund or a dispute took its rest back, else ENDED from its last day on, USED when empty."""
        if self.recovered > 0:
            return "RECOVERED"
        if self.bucket.ends_on is not None and self.bucket.ends_on <= clock.today():
            return "ENDED"
        return "OPEN" if self.bucket.balance else "USED"


@dataclass(frozen=True, slots=True)
class PackQuery:
    """Which packs: of one meter, in one state."""

    meter: str = "documents"
    state: str = "OPEN"


def packs_of(
    session: Session, party_id: UUID, asked: PackQuery, after: UUID | None = None, limit: int = 50
) -> list[Pack]:
    """The packs a party sees, those that end first before the others.

    Its own, those of companies it pays for, and for a company the pool of the studio that pays for it (D20).
    """
    lost = (
        select(func.coalesce(func.sum(LedgerTransfer.amount), 0))
        .where(LedgerTransfer.cause_kind == "wallet_expired", LedgerTransfer.cause_id == WalletBucket.id)
        .scalar_subquery()
    )
    ends = func.coalesce(WalletBucket.ends_on, _NEVER)
    query = (
        select(WalletBucket, Party, lost, _RECOVERED)
        .join(Party, Party.id == WalletBucket.holder_party_id)
        .where(_seen(party_id), WalletBucket.meter == asked.meter, _in_state(asked.state))
        .order_by(ends, WalletBucket.id)
        .limit(limit)
    )
    if after is not None:
        place = session.execute(select(ends, WalletBucket.id).where(WalletBucket.id == after)).one_or_none()
        query = query.where(tuple_(ends, WalletBucket.id) > (tuple(place) if place else (_NEVER, after)))
    return [Pack(row[0], row[1], int(row[2]), int(row[3])) for row in session.execute(query)]


def packs_left(session: Session, party_id: UUID) -> dict[str, int]:
    """What is left in all, by meter."""
    query = (
        select(WalletBucket.meter, func.sum(WalletBucket.balance))
        .where(_seen(party_id), _in_state("OPEN"))
        .group_by(WalletBucket.meter)
    )
    return {row[0]: int(row[1]) for row in session.execute(query)}


def _seen(party_id: UUID) -> ColumnElement[bool]:
    """Held by the party, a company it pays for now, or the studio that pays for it: what it may use, or pays.

    Found from the party, however many packs others have.
    """
    now, later = clock.now(), aliased(PayerPeriod)
    overtaken = select(later.id).where(
        later.company_id == PayerPeriod.company_id, later.from_at > PayerPeriod.from_at, later.from_at <= now
    )
    in_force = (PayerPeriod.from_at <= now, ~overtaken.exists())
    paid = select(PayerPeriod.company_id).where(PayerPeriod.payer_party_id == party_id, *in_force)
    pool = select(PayerPeriod.payer_party_id).where(
        PayerPeriod.company_id == party_id, PayerPeriod.payer == "STUDIO", *in_force
    )
    return WalletBucket.holder_party_id.in_(select(literal(party_id, Uuid())).union_all(paid, pool))


def _in_state(state: str) -> ColumnElement[bool]:
    if state == "RECOVERED":
        return _RECOVERED > 0
    if state == "ENDED":
        return (WalletBucket.ends_on <= clock.today()) & (_RECOVERED <= 0)
    runs = (WalletBucket.ends_on.is_(None) | (WalletBucket.ends_on > clock.today())) & (_RECOVERED <= 0)
    return runs & (WalletBucket.balance > 0 if state == "OPEN" else WalletBucket.balance == 0)
