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
from entitlements.wallets import WalletBucket
from foundation import clock

PackState = Literal["OPEN", "USED", "ENDED"]
PACK_STATES: tuple[PackState, ...] = ("OPEN", "USED", "ENDED")

_NEVER = date.max


@dataclass(frozen=True, slots=True)
class Pack:
    """A bucket with its holder; `lost` is what was left of it when it ended."""

    bucket: WalletBucket
    holder: Party
    lost: int

    @property
    def state(self) -> PackState:
        """ENDED from its last day on, USED when nothing is left, else OPEN."""
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
    """The packs a party sees, those that end first before the others: its own, and those of companies it pays for."""
    lost = (
        select(func.coalesce(func.sum(LedgerTransfer.amount), 0))
        .where(LedgerTransfer.cause_kind == "wallet_expired", LedgerTransfer.cause_id == WalletBucket.id)
        .scalar_subquery()
    )
    ends = func.coalesce(WalletBucket.ends_on, _NEVER)
    query = (
        select(WalletBucket, Party, lost)
        .join(Party, Party.id == WalletBucket.holder_party_id)
        .where(_seen(party_id), WalletBucket.meter == asked.meter, _in_state(asked.state))
        .order_by(ends, WalletBucket.id)
        .limit(limit)
    )
    if after is not None:
        place = session.execute(select(ends, WalletBucket.id).where(WalletBucket.id == after)).one_or_none()
        query = query.where(tuple_(ends, WalletBucket.id) > (tuple(place) if place else (_NEVER, after)))
    return [Pack(row[0], row[1], int(row[2])) for row in session.execute(query)]


def packs_left(session: Session, party_id: UUID) -> dict[str, int]:
    """What is left in all, by meter."""
    query = (
        select(WalletBucket.meter, func.sum(WalletBucket.balance))
        .where(_seen(party_id), _in_state("OPEN"))
        .group_by(WalletBucket.meter)
    )
    return {row[0]: int(row[1]) for row in session.execute(query)}


def _seen(party_id: UUID) -> ColumnElement[bool]:
    """Held by the party or by a company it pays for now: found from the party, however many packs others have."""
    now, later = clock.now(), aliased(PayerPeriod)
    overtaken = select(later.id).where(
        later.company_id == PayerPeriod.company_id, later.from_at > PayerPeriod.from_at, later.from_at <= now
    )
    paid = select(PayerPeriod.company_id).where(
        PayerPeriod.payer_party_id == party_id, PayerPeriod.from_at <= now, ~overtaken.exists()
    )
    return WalletBucket.holder_party_id.in_(select(literal(party_id, Uuid())).union_all(paid))


def _in_state(state: str) -> ColumnElement[bool]:
    runs = WalletBucket.ends_on.is_(None) | (WalletBucket.ends_on > clock.today())
    if state == "ENDED":
        return WalletBucket.ends_on <= clock.today()
    return runs & (WalletBucket.balance > 0 if state == "OPEN" else WalletBucket.balance == 0)
