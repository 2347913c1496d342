"""Letters about services: to whoever pays for them, studio or company (D14), one per occasion."""

from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.companies import Company
from entitlements.licences import BASE_SERVICE
from entitlements.links import payer_at
from entitlements.parties import Party
from entitlements.running.service_states import closes_on
from entitlements.running.what_runs import HeldService
from foundation import clock
from foundation.database import JsonObject
from foundation.formats import last_day
from foundation.mail import queue_mail

Along = Callable[[Session, UUID, date, int], JsonObject]
_along: list[Along] = []


def along_with_expiring(tell: Along) -> Along:
    """Register what else a letter about an end says; it is asked with the company, the end and the days before it."""
    _along.append(tell)
    return tell


def payer_of(session: Session, company: Company) -> Party:
    """Who pays for a company's services; the company itself while nobody has been named."""
    payer = payer_at(session, company.id, clock.now())
    return session.get_one(Party, payer.payer_party_id if payer else company.id)


def write_of_end(session: Session, company: Company, ends_on: date, before: int, about: Sequence[HeldService]) -> bool:
    """The letter so many days before an end, with what whoever sells services has to say about it."""
    more: JsonObject = {}
    for tell in _along:
        more |= tell(session, company.id, ends_on, before)
    return write_to_payer(session, company, "services_expiring", f"{ends_on.isoformat()}/{before}", about, more)


def write_to_payer(
    session: Session,
    company: Company,
    template: str,
    occasion: str,
    about: Sequence[HeldService],
    more: JsonObject | None = None,
) -> bool:
    """Queue a mail about services to their payer; False when it had been queued, or nobody has an address.

    `more` is what this template says besides.
    """
    payer = payer_of(session, company)
    if payer.email is None:
        return False
    return queue_mail(
        session,
        cause=f"{template}:{company.id}:{occasion}",
        to=payer.email,
        template=template,
        context=_context(session, company, payer, about) | (more or {}),
        party_id=payer.id,
        locale=company.locale,
    )


def _context(session: Session, company: Company, payer: Party, about: Sequence[HeldService]) -> JsonObject:
    base_first = sorted(about, key=lambda one: (one.licence.kind != BASE_SERVICE, one.newest.ends_on))
    ends_on, locale = base_first[0].newest.ends_on, company.locale
    return {
        "path": "/servizi" if payer.id == company.id else f"/aziende/{company.id}/servizi",
        "company_name": session.get_one(Party, company.id).name,
        "services": [_service(one, locale) for one in base_first],
        "last_day": last_day(ends_on, locale),
        "days_left": max((ends_on - clock.today()).days - 1, 0),
        "limited_until": last_day(closes_on(ends_on), locale),
    }


def _service(one: HeldService, locale: str) -> JsonObject:
    return {
        "names": one.licence.names,
        "quantity": one.licence.quantity,
        "last_day": last_day(one.newest.ends_on, locale),
    }
