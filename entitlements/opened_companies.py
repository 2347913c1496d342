"""Companies that came without a coupon: opened for themselves, with an account of their own, paying for themselves."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from entitlements.companies import Company, CompanyAlreadyExists, CompanyNotFound
from entitlements.company_requests import support_code
from entitlements.links import Cause, set_payer
from entitlements.parties import COMPANY, Party
from entitlements.provisioning.changes import announce_change
from entitlements.provisioning.requests import request_provisioning
from entitlements.running.what_runs import held_services
from foundation import clock
from foundation.database import JsonObject
from foundation.events import Subject, record_event

_REGISTERED = ("name", "vat_number", "tax_code", "email", "pec", "sdi_code", "phone")


def came_alone(company: Company) -> bool:
    """Whether nobody asked for the company but itself."""
    return company.requested_by_party_id == company.id


def ask_for_opened(session: Session, company: Company, offer: JsonObject) -> None:
    """Have the vendor create it; `offer` holds product, plan, mode and first day as the contract names them (M25)."""
    body = {
        "id": str(company.id),
        "limits": {},
        "ends_on": None,
        "linked_studio": None,
        "payer": "COMPANY",
        "company": {key: value for key, value in company.profile.items() if key != "phone"},
        **offer,
    }
    request_provisioning(session, company.id, body)
    record_event(session, "company.provisioning", Subject("company", company.id, company.id))


def open_registered(session: Session, party_id: UUID, offer: JsonObject) -> Company:
    """A company that registered itself buys its first base service: it is created as it registered.

    Raises CompanyNotFound for anybody else, CompanyAlreadyExists.
    """
    party = session.get(Party, party_id)
    if party is None or party.kind != COMPANY or party.tax_code is None:
        raise CompanyNotFound(party_id)
    claim = insert(Company).values(
        id=party.id,
        tax_code=party.tax_code,
        state="PROVISIONING",
        profile={name: getattr(party, name) for name in _REGISTERED} | {"registered_office": party.address},
        requested_by_party_id=party.id,
        requested_on=clock.today(),
        requested_at=clock.now(),
        support_code=support_code(party.id),
        locale="it",
        version=1,
    )
    if session.execute(claim.on_conflict_do_nothing().returning(Company.id)).scalar() is None:
        raise CompanyAlreadyExists
    company = session.get_one(Company, party.id)
    ask_for_opened(session, company, offer)
    return company


def opened_company_created(session: Session, company: Company) -> None:
    """It exists: it pays for itself (D14), and the vendor hears which services it holds already."""
    set_payer(session, company.id, company.id, "COMPANY", Cause("company", company.id))
    record_event(session, "company.ready", Subject("company", company.id, company.id))
    if held_services(session, company.id):
        announce_change(session, company.id)
