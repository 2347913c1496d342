"""Suspensions (D10): licences whose money is gone are read-only and can be exported, never deleted; and come back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.licences import Licence, LicenceSuspension
from entitlements.links import payer_at
from entitlements.provisioning.changes import announce_change
from entitlements.running.letters import write_to_payer
from entitlements.running.services_on import services_on
from entitlements.running.what_runs import held_services
from foundation import clock
from foundation.events import Subject, record_event

_STANDING = text(
    """
    SELECT l.id, l.party_id, c.owner_party_id
    FROM licences l JOIN coupon_assignments a ON l.cause_kind = 'coupon_assignment' AND l.cause_id = a.id
    JOIN coupons c ON c.id = a.coupon_id JOIN coupon_packs p ON p.id = c.pack_id
    WHERE l.suspended_at IS NULL AND p.cause_kind = :cause_kind AND p.cause_id = ANY(CAST(:causes AS uuid[]))
    UNION ALL
    SELECT l.id, l.party_id, NULL FROM licences l
    WHERE l.suspended_at IS NULL AND l.cause_kind = :cause_kind AND l.cause_id = ANY(CAST(:causes AS uuid[]))
    """
)
_SUSPEND = text(
    "UPDATE licences SET suspended_at = :now, suspended_by_case = :case"
    " WHERE id = ANY(CAST(:ids AS uuid[])) AND suspended_at IS NULL RETURNING id"
)
_LIFT = text(
    "UPDATE licences SET suspended_at = NULL, suspended_by_case = NULL WHERE suspended_by_case = :case"
    " RETURNING id, party_id, kind, state"
)


def suspend_licences(session: Session, cause_kind: str, cause_ids: Sequence[UUID], case: UUID) -> int:
    """Suspend the licences these causes started, themselves or through coupons minted for them; answers how many.

    Read-only plus export, never deleted (D10, D17); the vendor's software is told. A service that another cause started
    and these only made longer goes on. Repeating it changes nothing.
    """
    found = session.execute(_STANDING, {"cause_kind": cause_kind, "causes": list(cause_ids)}).all()
    if not found:
        return 0
    _lock_companies(session, {row.party_id for row in found})
    now = clock.now()
    values = {"ids": [row.id for row in found], "case": case, "now": now}
    suspended = set(session.scalars(_SUSPEND, values))
    _remember(session, suspended, case, now, suspended=True)
    told = [row for row in found if row.id in suspended]
    for row in told:
        subject = _subject(session, row.party_id, row.owner_party_id)
        record_event(session, "licence.suspended", subject, licence_id=row.id, case_id=case)
    _tell_vendor(session, (row.party_id for row in told))
    _write(session, "services_suspended", case, {row.id: row.party_id for row in told})
    return len(told)


def lift_suspensions(session: Session, case: UUID) -> int:
    """Give back the licences a case had suspended: the bank decided for the shop after all; answers how many."""
    parties = set(session.scalars(select(Licence.party_id).where(Licence.suspended_by_case == case)))
    if not parties:
        return 0
    _lock_companies(session, parties)
    lifted = session.execute(_LIFT, {"case": case}).all()
    _remember(session, (row.id for row in lifted), case, clock.now(), suspended=False)
    for row in lifted:
        facts = {"licence_id": row.id, "kind": row.kind, "state": row.state, "case_id": case}
        record_event(session, "licence.changed", _subject(session, row.party_id), **facts)
    _tell_vendor(session, (row.party_id for row in lifted))
    _write_of_return(session, case, {row.id: row.party_id for row in lifted})
    return len(lifted)


def _remember(session: Session, licences: Iterable[UUID], case: UUID, at: datetime, *, suspended: bool) -> None:
    """The licences' history goes on: what is asked about a day in the past is answered from it (M19)."""
    for licence_id in licences:
        session.add(
            LicenceSuspension(licence_id=licence_id, case_id=case, suspended=suspended, from_at=at, recorded_at=at)
        )


def _lock_companies(session: Session, party_ids: set[UUID]) -> None:
    """What is told to the vendor about a company waits for its row; in one order, so that nobody waits in a ring."""
    query = select(Company.id).where(Company.id.in_(party_ids)).order_by(Company.id)
    session.execute(query.with_for_update(key_share=True)).all()


def _subject(session: Session, company_id: UUID, owner_id: UUID | None = None) -> Subject:
    """A coupon's licence is its owner's to read about, any other its payer's."""
    if owner_id is None:
        payer = payer_at(session, company_id, clock.now())
        owner_id = payer.payer_party_id if payer else company_id
    return Subject("company", company_id, owner_id)


def _write(session: Session, template: str, case: UUID, companies: Mapping[UUID, UUID]) -> None:
    """Whoever pays for services is written to, once a case; a coupon's own licence has its studio's desk for that."""
    for company_id in sorted(set(companies.values())):
        about = [one for one in held_services(session, company_id) if one.licence.id in companies]
        if about:
            write_to_payer(session, session.get_one(Company, company_id), template, str(case), about)


def _write_of_return(session: Session, case: UUID, companies: Mapping[UUID, UUID]) -> None:
    """What works again, and what is limited and can be renewed again; of what is over there is nothing to say."""
    for company_id in sorted(set(companies.values())):
        held = held_services(session, company_id)
        day, company = services_on(held, clock.today()), session.get_one(Company, company_id)
        given_back = [one for one in held if one.licence.id in companies]
        base = day.base.licence if day.base else None
        held_back = base is not None and base.suspended_at is not None and base.id not in companies
        works = [one for one in given_back if day.state(one) == "ACTIVE" and not held_back]
        limited = [one for one in given_back if day.state(one) == "LIMITED"]
        for template, about in (("services_restored", works), ("services_limited", limited)):
            if about:
                write_to_payer(session, company, template, str(case), about)


def _tell_vendor(session: Session, company_ids: Iterable[UUID]) -> None:
    for company_id in sorted(set(company_ids)):
        announce_change(session, company_id)
