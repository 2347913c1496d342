"""Rights: what may this company do, now and on any day, and why (M19)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, Uuid, bindparam, func, select
from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.licences import BASE_SERVICE, PLAN, Licence, LicenceTerm
from entitlements.links import PayerPeriod
from entitlements.running.service_rights import ServiceRight, held_among, service_rights
from entitlements.running.setup_steps import ticks_of
from entitlements.wallets import BucketBalance, WalletBucket, balances_at
from foundation import clock

# Asked by the vendor's software for every company it opens, so the statements are made once and not for each question.
_INSTANT = DateTime(timezone=True)
_AT, _KNOWN_AT, _ON = (
    bindparam("at", type_=_INSTANT),
    bindparam("known_at", type_=_INSTANT),
    bindparam("on", type_=Date()),
)
_PAYING = (
    select(PayerPeriod.id)
    .where(PayerPeriod.company_id == bindparam("company_id"))
    .where(PayerPeriod.from_at <= _AT, PayerPeriod.recorded_at <= _KNOWN_AT)
    .order_by(PayerPeriod.from_at.desc())
    .limit(1)
    .scalar_subquery()
)
# Terms before and after the day too: a base service that has ended is limited, and what began later has not begun.
_KNOWN_TERM = (LicenceTerm.licence_id == Licence.id) & (LicenceTerm.recorded_at <= _KNOWN_AT)
_PAYER_AND_LICENCES = (
    select(PayerPeriod, Licence, LicenceTerm)
    .select_from(Company)
    .outerjoin(PayerPeriod, PayerPeriod.id == _PAYING)
    .outerjoin(Licence, Licence.party_id == Company.id)
    .outerjoin(LicenceTerm, _KNOWN_TERM)
    .where(Company.id == bindparam("company_id"))
    .order_by(Licence.created_at, Licence.id, LicenceTerm.ends_on)
)
_BUCKETS = (
    select(WalletBucket)
    .where(WalletBucket.holder_party_id == func.any(bindparam("holders", type_=ARRAY(Uuid()))))
    .where(WalletBucket.ends_on.is_(None) | (WalletBucket.ends_on > _ON))
    .order_by(WalletBucket.ends_on.asc().nulls_last(), WalletBucket.created_at)
)


@dataclass(frozen=True, slots=True)
class Rights:
    """The answer: plans and base services in force, every service, who pays, what the wallets hold, with their causes.

    `span` is the first day and the exclusive end of all terms of plans and base services, None when there are none.
    """

    company: Company
    at: datetime
    on: date
    known_at: datetime
    licences: tuple[tuple[Licence, LicenceTerm], ...]
    services: tuple[ServiceRight, ...]
    span: tuple[date, date] | None
    payer: str | None
    payer_party_id: UUID | None
    payer_cause: tuple[str, UUID] | None
    balances: tuple[BucketBalance, ...]


def rights_of(session: Session, company: Company, at: datetime | None = None, *, known_now: bool = False) -> Rights:
    """What `company` is entitled to at the instant `at`, now when it is left out.

    For an instant in the past only what had been recorded by then counts, unless `known_now`; the future is answered
    from what is recorded today. A studio's pool counts while the studio pays (D20). Now is asked most, in two
    statements: a wallet's kept balance is the sum of its entries (M12), which the past has to add up.
    """
    now = clock.now()
    when = at or now
    known_at = now if known_now or when > now else when
    on = clock.rome_day(when)
    payer, known = _payer_and_licences(session, company.id, _Moment(when, on, known_at))
    carrying = [(licence, term) for licence, term in known if licence.kind in {PLAN, BASE_SERVICE}]
    holders = [company.id]
    if payer is not None and payer.payer == "STUDIO":
        holders.append(payer.payer_party_id)
    balances = _balances_now(session, holders, on) if at is None else balances_at(session, holders, when, known_at)
    return Rights(
        company=company,
        at=when,
        on=on,
        known_at=known_at,
        licences=tuple((licence, term) for licence, term in carrying if term.starts_on <= on < term.ends_on),
        services=_services(session, known, on, when),
        span=_span([term for _licence, term in carrying]),
        payer=payer.payer if payer else None,
        payer_party_id=payer.payer_party_id if payer else None,
        payer_cause=(payer.cause_kind, payer.cause_id) if payer else None,
        balances=tuple(balances),
    )


@dataclass(frozen=True, slots=True)
class _Moment:
    """What is asked about (an instant and its Rome day), as known at another."""

    at: datetime
    on: date
    known_at: datetime


def _payer_and_licences(
    session: Session, company_id: UUID, moment: _Moment
) -> tuple[PayerPeriod | None, tuple[tuple[Licence, LicenceTerm], ...]]:
    asked = {"company_id": company_id, "at": moment.at, "on": moment.on, "known_at": moment.known_at}
    # Outer joins: a company may have no payer and no licence yet.
    rows: Sequence[Any] = session.execute(_PAYER_AND_LICENCES, asked).all()
    return rows[0][0], tuple((row[1], row[2]) for row in rows if row[2] is not None)


def _services(
    session: Session, known: Sequence[tuple[Licence, LicenceTerm]], on: date, at: datetime
) -> tuple[ServiceRight, ...]:
    held = held_among(known)
    to_set_up = [one.licence.id for one in held if one.licence.gives.get("setup")]
    return service_rights(held, ticks_of(session, to_set_up, at) if to_set_up else (), on, at)


def _span(terms: Sequence[LicenceTerm]) -> tuple[date, date] | None:
    if not terms:
        return None
    return min(term.starts_on for term in terms), max(term.ends_on for term in terms)


def _balances_now(session: Session, holders: list[UUID], on: date) -> list[BucketBalance]:
    found = session.scalars(_BUCKETS, {"holders": holders, "on": on})
    return [BucketBalance(bucket, bucket.balance) for bucket in found]
