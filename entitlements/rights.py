"""Rights: what may this company do, now and on any day, and why (M19)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, bindparam, case, select, true
from sqlalchemy.orm import Session

from entitlements.bucket_balances import BucketBalance, balances_at, balances_now
from entitlements.companies import Company, CompanyNotFound
from entitlements.known_licences import KnownLicence, KnownService, KnownTerm
from entitlements.licences import BASE_SERVICE, PLAN, Licence, LicenceSuspension, LicenceTerm
from entitlements.links import Cause, PayerPeriod
from entitlements.running.service_rights import ServiceRight, held_among, service_rights
from entitlements.running.setup_steps import ticks_of
from entitlements.speaking import Voice, speaking
from foundation import clock
from foundation.driver_statements import directly
from foundation.principal import Principal

# Asked by the vendor's software for every company it opens: one statement, made once, and only what is answered.
_INSTANT = DateTime(timezone=True)
_AT, _KNOWN_AT = bindparam("at", type_=_INSTANT), bindparam("known_at", type_=_INSTANT)
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
# The last word about a licence by then: a case held it back, or gave it back (D10).
_LAST_WORD = (
    select(LicenceSuspension.suspended, LicenceSuspension.from_at, LicenceSuspension.case_id)
    .where(LicenceSuspension.licence_id == Licence.id)
    .where(LicenceSuspension.from_at <= _AT, LicenceSuspension.recorded_at <= _KNOWN_AT)
    .order_by(LicenceSuspension.from_at.desc())
    .limit(1)
    .lateral()
)
_KNOWN = (
    select(
        Company.requested_at,
        Company.ready_at,
        Company.rejected_at,
        PayerPeriod.payer,
        PayerPeriod.payer_party_id,
        PayerPeriod.cause_kind.label("payer_cause_kind"),
        PayerPeriod.cause_id.label("payer_cause_id"),
        Licence.id.label("licence_id"),
        Licence.kind,
        Licence.family,
        Licence.product,
        Licence.plan,
        Licence.access_mode,
        Licence.sku,
        Licence.names,
        Licence.limits,
        Licence.gives,
        Licence.quantity,
        Licence.replaces_licence_id,
        case((_LAST_WORD.c.suspended, _LAST_WORD.c.from_at)).label("suspended_at"),
        case((_LAST_WORD.c.suspended, _LAST_WORD.c.case_id)).label("suspended_by_case"),
        LicenceTerm.starts_on,
        LicenceTerm.ends_on,
        LicenceTerm.action,
        LicenceTerm.cause_kind,
        LicenceTerm.cause_id,
    )
    .select_from(Company)
    .outerjoin(PayerPeriod, PayerPeriod.id == _PAYING)
    .outerjoin(Licence, Licence.party_id == Company.id)
    .outerjoin(_LAST_WORD, true())
    .outerjoin(LicenceTerm, _KNOWN_TERM)
    .where(Company.id == bindparam("company_id"))
    .order_by(Licence.created_at, Licence.id, LicenceTerm.ends_on)
)


@dataclass(frozen=True, slots=True)
class Rights:
    """The answer: plans and base services in force, every service, who pays, what the wallets hold, with their causes.

    `voice` is the licence whose plan, mode and limits are the company's, None before the first began; `span` is the
    first day and the exclusive end of all terms of plans and base services, None when there are none.
    """

    company_id: UUID
    requested_at: datetime
    ready_at: datetime | None
    rejected_at: datetime | None
    at: datetime
    on: date
    known_at: datetime
    licences: tuple[tuple[KnownLicence, KnownTerm], ...]
    services: tuple[ServiceRight, ...]
    voice: Voice | None
    span: tuple[date, date] | None
    payer: str | None
    payer_party_id: UUID | None
    payer_cause: Cause | None
    balances: tuple[BucketBalance, ...]

    def as_seen_by(self, reader: Principal) -> "Rights":
        """The same without another studio's pool: a studio does not learn which other one pays, nor with what (D20)."""
        if not reader.is_studio:
            return self
        own = (self.company_id, reader.party_id)
        return replace(self, balances=tuple(held for held in self.balances if held.holder_party_id in own))


_Known = list[tuple[KnownLicence, list[KnownTerm]]]


def rights_of(session: Session, company_id: UUID, at: datetime | None = None, *, known_now: bool = False) -> Rights:
    """What a company is entitled to at the instant `at`, now when it is left out. Raises CompanyNotFound.

    For an instant in the past only what had been recorded by then counts, unless `known_now`; the future is answered
    from what is recorded today. A studio's pool counts while the studio pays (D20). Now is asked most, in two
    statements: a wallet's kept balance is the sum of its entries (M12), which the past has to add up.
    """
    now = clock.now()
    when = at or now
    known_at = now if known_now or when > now else when
    on = clock.rome_day(when)
    rows = directly(session, _KNOWN, {"company_id": company_id, "at": when, "known_at": known_at}).all()
    if not rows:
        raise CompanyNotFound(company_id)
    first = rows[0]
    # What was bought for a company that was refused never ran.
    refused = first.rejected_at is not None and first.rejected_at <= when
    known = [] if refused else _licences(rows)
    carrying = [(one, term) for one, terms in known if one.kind in {PLAN, BASE_SERVICE} for term in terms]
    holders = [company_id, first.payer_party_id] if first.payer == "STUDIO" else [company_id]
    balances = balances_now(session, holders, on) if at is None else balances_at(session, holders, when, known_at)
    return Rights(
        company_id=company_id,
        requested_at=first.requested_at,
        ready_at=first.ready_at,
        rejected_at=first.rejected_at,
        at=when,
        on=on,
        known_at=known_at,
        licences=tuple((one, term) for one, term in carrying if term.starts_on <= on < term.ends_on),
        services=_services(session, known, on, when),
        voice=speaking([_voice(one, terms, when) for one, terms in known if terms], on),
        span=_span([term for _one, term in carrying]),
        payer=first.payer,
        payer_party_id=first.payer_party_id,
        payer_cause=Cause(first.payer_cause_kind, first.payer_cause_id) if first.payer else None,
        balances=tuple(balances),
    )


def _licences(rows: Sequence[Any]) -> _Known:
    """The licences with their terms, of rows that come in order; a company may have none yet."""
    known: _Known = []
    for row in rows:
        if row.licence_id is None:
            continue
        if not known or known[-1][0].id != row.licence_id:
            known.append((_licence(row), []))
        if row.starts_on is not None:
            known[-1][1].append(KnownTerm(row.starts_on, row.ends_on, row.action, Cause(row.cause_kind, row.cause_id)))
    return known


def _licence(row: Any) -> KnownLicence:  # noqa: ANN401 - a row's fields are those of its statement
    return KnownLicence(
        id=row.licence_id,
        kind=row.kind,
        family=row.family,
        product=row.product,
        plan=row.plan,
        access_mode=row.access_mode,
        sku=row.sku,
        names=row.names,
        limits=row.limits,
        gives=row.gives,
        quantity=row.quantity,
        replaces_licence_id=row.replaces_licence_id,
        suspended_at=row.suspended_at,
        suspended_by_case=row.suspended_by_case,
    )


def _voice(one: KnownLicence, terms: Sequence[KnownTerm], at: datetime) -> Voice:
    return Voice(
        kind=one.kind,
        product=one.product,
        plan=one.plan,
        access_mode=one.access_mode,
        limits=one.limits,
        days=KnownService(one, terms).days,
        suspended=one.is_suspended(at),
    )


def _services(session: Session, known: _Known, on: date, at: datetime) -> tuple[ServiceRight, ...]:
    held = held_among(known)
    to_set_up = [one.licence.id for one in held if one.licence.gives.get("setup")]
    return service_rights(held, ticks_of(session, to_set_up, at) if to_set_up else (), on, at)


def _span(terms: Sequence[KnownTerm]) -> tuple[date, date] | None:
    if not terms:
        return None
    return min(term.starts_on for term in terms), max(term.ends_on for term in terms)
