"""Rights: what may this company do, now and on any day, and why (M19)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.licences import Licence, LicenceTerm, terms_at
from entitlements.links import payer_at
from entitlements.wallets import BucketBalance, balances_at
from foundation import clock


@dataclass(frozen=True, slots=True)
class Rights:
    """The answer: licences in force, who pays, what the wallets hold, each with its cause."""

    company: Company
    at: datetime
    on: date
    known_at: datetime
    licences: tuple[tuple[Licence, LicenceTerm], ...]
    payer: str | None
    payer_party_id: UUID | None
    payer_cause: tuple[str, UUID] | None
    balances: tuple[BucketBalance, ...]


def rights_of(session: Session, company: Company, at: datetime, *, known_now: bool = False) -> Rights:
    """What `company` is entitled to at the instant `at`.

    For an instant in the past only what had been recorded by then counts, unless `known_now`; the future is answered
    from what is recorded today. A studio's pool counts while the studio pays (D20).
    """
    now = clock.now()
    known_at = now if known_now or at > now else at
    on = clock.rome_day(at)
    payer = payer_at(session, company.id, at, known_at)
    holders = [company.id]
    if payer is not None and payer.payer == "STUDIO":
        holders.append(payer.payer_party_id)
    return Rights(
        company=company,
        at=at,
        on=on,
        known_at=known_at,
        licences=tuple(terms_at(session, company.id, on, known_at)),
        payer=payer.payer if payer else None,
        payer_party_id=payer.payer_party_id if payer else None,
        payer_cause=(payer.cause_kind, payer.cause_id) if payer else None,
        balances=tuple(balances_at(session, holders, at, known_at)),
    )


def holders_for(session: Session, company_id: UUID) -> list[UUID]:
    """Whose buckets a company may draw from now: its own, and the studio's pool while the studio pays (D20)."""
    payer = payer_at(session, company_id, clock.now())
    own: list[Any] = [company_id]
    return [*own, payer.payer_party_id] if payer is not None and payer.payer == "STUDIO" else own
