"""Standing: how a company stood at an instant, as one word with its reasons, from its rights and its history (M19)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.licences import Licence, LicenceTerm
from entitlements.links import Cause
from entitlements.rights import Rights


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, with a stable code and, where a right is behind it, its cause."""

    code: str
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """NOT_REQUESTED, PROVISIONING, REJECTED, ACTIVE, SUSPENDED, NOT_STARTED, EXPIRED or NO_LICENCE, and why."""

    state: str
    reasons: tuple[Reason, ...]


def standing_of(session: Session, rights: Rights) -> Standing:
    """How the company of these rights stood at their instant."""
    before = _before_ready(rights.company, rights.at)
    if before is not None:
        return Standing(before, (Reason(before),))
    if rights.licences:
        live = [pair for pair in rights.licences if not is_suspended(pair[0], rights.at)]
        shown = live or list(rights.licences)
        state = "ACTIVE" if live else "SUSPENDED"
        return Standing(state, tuple(Reason(f"LICENCE_{state}", cause_of(term)) for _licence, term in shown))
    return _without_licence(session, rights)


def is_suspended(licence: Licence, at: datetime) -> bool:
    """Whether a case had suspended the licence."""
    return licence.suspended_at is not None and licence.suspended_at <= at


def cause_of(term: LicenceTerm) -> Cause:
    """What the term came from."""
    return Cause(term.cause_kind, term.cause_id)


def _before_ready(company: Company, at: datetime) -> str | None:
    if at < company.requested_at:
        return "NOT_REQUESTED"
    if company.rejected_at is not None and company.rejected_at <= at:
        return "REJECTED"
    return "PROVISIONING" if company.ready_at is None or at < company.ready_at else None


def _without_licence(session: Session, rights: Rights) -> Standing:
    """No term covers the day: it has not begun, it is over, or there never was one."""
    first, last = _span(session, rights.company.id, rights.known_at)
    if first is None or last is None:
        return Standing("NO_LICENCE", (Reason("NO_LICENCE"),))
    state = "NOT_STARTED" if rights.on < first else "EXPIRED"
    return Standing(state, (Reason(f"LICENCE_{state}"),))


def _span(session: Session, company_id: UUID, known_at: datetime) -> tuple[date | None, date | None]:
    query = (
        select(func.min(LicenceTerm.starts_on), func.max(LicenceTerm.ends_on))
        .join(Licence, Licence.id == LicenceTerm.licence_id)
        .where(Licence.party_id == company_id, LicenceTerm.recorded_at <= known_at)
    )
    row = session.execute(query).one()
    return row[0], row[1]
