"""Activation (F003-11 to F003-13): an owned coupon and a company's master data become a company, created elsewhere.

A coupon is claimed, the company asked for and the job written in one transaction; what the vendor answers is applied in
another, under the company's row lock, so that a callback, a retry and a question at the same instant apply it once.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements.companies import Company, linked_account
from entitlements.company_data import CompanyData, CompanyStep, draft_from_json
from entitlements.company_requests import (
    Asked,
    CompanyRequest,
    Opened,
    provisioning_body,
    request_company,
    start_licence,
)
from entitlements.company_states import next_company_state
from entitlements.coupons.coupon_states import next_coupon_state
from entitlements.coupons.stock import Coupon, CouponAssignment, CouponPack, coupon_of, give_back
from entitlements.drafts import forget_draft, keep_draft
from entitlements.ledger import Account, Posting, book
from entitlements.links import Cause, link_studio, set_payer
from entitlements.opened_companies import ask_for_opened, came_alone, opened_company_created
from entitlements.parties import Party
from entitlements.provisioning.changes import announce_change
from entitlements.provisioning.requests import request_provisioning
from entitlements.purchases import purchase_by_company, purchased_company_created, purchased_company_refused
from entitlements.running.life import close_services
from entitlements.running.what_runs import held_services
from entitlements.wallets import hand_over_buckets
from foundation import clock
from foundation.database import JsonObject
from foundation.events import Subject, record_event
from foundation.mail import queue_mail
from foundation.principal import Principal


class CouponNotAvailable(Exception):
    """The coupon is not there to be activated (COUPON_NOT_AVAILABLE); `state` says why.

    Its own state, or HELD while a case holds it, EXPIRED from the first day it can no longer be used, or NOT_OWNED for
    a principal without a studio.
    """

    def __init__(self, coupon_id: UUID, state: str) -> None:
        super().__init__(state)
        self.coupon_id = coupon_id
        self.state = state


def activate_coupon(session: Session, coupon_id: UUID, data: CompanyData, by: Principal) -> Company:
    """Claim a coupon of the principal's studio and ask for its company (F003-11..13).

    A client that has an account and is linked to the studio becomes that company, and sees its licence.
    Raises CouponNotFound, CouponNotAvailable, CompanyAlreadyExists; whatever it raises, nothing has changed.
    """
    if by.party_id is None:
        raise CouponNotAvailable(coupon_id, "NOT_OWNED")
    coupon, pack = coupon_of(session, coupon_id, by.party_id, lock=True)
    today = clock.today()
    state = state_for_use(coupon, today)
    if state != "AVAILABLE":
        raise CouponNotAvailable(coupon_id, state)
    account_id = linked_account(session, by.party_id, data.tax.tax_code)
    company = request_company(session, CompanyRequest(data, by.party_id, by.locale, today, account_id))
    coupon.state, coupon.changed_at = next_coupon_state(coupon.state, "activate"), clock.now()
    session.add(
        CouponAssignment(
            coupon_id=coupon.id,
            company_id=company.id,
            operation="FIRST_ACTIVATION",
            assigned_at=clock.now(),
            assigned_by_user_id=by.user_id,
        )
    )
    studio = session.get_one(Party, by.party_id)
    asked = Asked(pack.gives, studio, "STUDIO")
    request_provisioning(session, company.id, provisioning_body(company.id, data, asked, today))
    subject = Subject("company", company.id, by.party_id)
    record_event(session, "company.provisioning", subject, by, coupon_id=coupon.id)
    return company


def state_for_use(coupon: Coupon, today: date) -> str:
    """AVAILABLE when the coupon may be activated on this Rome day; else why not, as in CouponNotAvailable."""
    if coupon.state != "AVAILABLE":
        return coupon.state
    if coupon.held_by_case is not None:
        return "HELD"
    return "EXPIRED" if coupon.activate_by_on is not None and coupon.activate_by_on <= today else "AVAILABLE"


def open_company(session: Session, data: CompanyData, locale: str, offer: JsonObject) -> Company:
    """Open a company for itself, without a studio, and have the vendor create it. Raises CompanyAlreadyExists."""
    company = request_company(session, CompanyRequest(data, None, locale, clock.today()))
    ask_for_opened(session, company, offer)
    return company


def company_created(session: Session, company_id: UUID, remote_id: str) -> bool:
    """Apply "the company exists": licence, link, payer and history, once. Answers False when it was applied before.

    Raises IllegalCompanyStep when it had been rejected for good.
    """
    company = session.get_one(Company, company_id, with_for_update=True, populate_existing=True)
    state = next_company_state(company.state, "created")
    if state == company.state:
        return False
    company.state, company.ready_at, company.remote_id = state, clock.now(), remote_id
    company.version += 1
    purchase = purchase_by_company(session, company_id)
    if purchase is not None:
        purchased_company_created(session, company, purchase)
    elif came_alone(company):
        opened_company_created(session, company)
    else:
        _coupon_used(session, company)
    return True


def _coupon_used(session: Session, company: Company) -> None:
    """Licence, link, payer and history of a company activated with a coupon; its row is locked."""
    company_id = company.id
    assignment, coupon, pack = _assigned(session, company_id)
    coupon.state, coupon.changed_at = next_coupon_state(coupon.state, "company_created"), clock.now()
    cause = Cause("coupon_assignment", assignment.id)
    studio_id = company.requested_by_party_id
    opened = Opened(
        gives=pack.gives,
        sku=pack.sku,
        net_cents=coupon.net_cents,
        price_book_version=pack.price_book_version,
        coupon_type=coupon.coupon_type,
        self_purchase=False,
        told_party_id=studio_id,
    )
    start_licence(session, company, opened, cause)
    if not _has_account(session, company_id):
        # Whoever has an account was linked already; if the link has ended since, that was somebody's will.
        link_studio(session, studio_id, company_id, cause)
    set_payer(session, company_id, studio_id, "STUDIO", cause)
    _earn(session, coupon, pack, cause)
    record_event(session, "coupon.activated", Subject("coupon", coupon.id, studio_id), company_id=company_id)
    record_event(session, "company.ready", Subject("company", company_id, studio_id))
    if held_services(session, company_id):
        announce_change(session, company_id)
    forget_draft(session, coupon.id)
    _tell_studio(session, company, coupon, "company_ready")


def company_refused(session: Session, company_id: UUID, reason: str) -> bool:
    """Apply a definitive refusal: the company is rejected, its coupon comes back (M9); False when applied before."""
    company = session.get_one(Company, company_id, with_for_update=True, populate_existing=True)
    state = next_company_state(company.state, "refused")
    if state == company.state:
        return False
    company.state, company.rejected_at, company.rejection = state, clock.now(), reason[:500]
    company.version += 1
    purchase = purchase_by_company(session, company_id)
    if purchase is not None:
        purchased_company_refused(session, company, purchase)
    elif came_alone(company):
        record_event(session, "company.failed", Subject("company", company_id, company_id))
    else:
        _coupon_returned(session, company)
    close_services(session, company)
    return True


def _coupon_returned(session: Session, company: Company) -> None:
    """The coupon of a company that will never exist comes back (M9); the company's row is locked."""
    company_id = company.id
    assignment, coupon, _ = _assigned(session, company_id)
    assignment.released_at = clock.now()
    give_back(session, coupon)
    if not _has_account(session, company_id):
        hand_over_buckets(session, company_id, company.requested_by_party_id)
    keep_draft(session, coupon.id, draft_from_json(company.profile), CompanyStep.SUMMARY)
    record_event(session, "company.failed", Subject("company", company_id, company.requested_by_party_id))
    _tell_studio(session, company, coupon, "company_failed")


def _has_account(session: Session, company_id: UUID) -> bool:
    """Whether the company registered itself: it was there before the coupon, and stays whatever becomes of it."""
    return session.get_one(Party, company_id).registered_at is not None


def _assigned(session: Session, company_id: UUID) -> tuple[CouponAssignment, Coupon, CouponPack]:
    query = (
        select(CouponAssignment, Coupon, CouponPack)
        .join(Coupon, Coupon.id == CouponAssignment.coupon_id)
        .join(CouponPack, CouponPack.id == Coupon.pack_id)
        .where(CouponAssignment.company_id == company_id, CouponAssignment.released_at.is_(None))
        .with_for_update(of=(CouponAssignment, Coupon))
    )
    row = session.execute(query).one()
    return row[0], row[1], row[2]


def _earn(session: Session, coupon: Coupon, pack: CouponPack, cause: Cause) -> None:
    """Turn the coupon's share of the deferred liability into revenue (M12)."""
    deferred, revenue = Account("deferred", label=pack.sku), Account("revenue", label=pack.sku)
    book(session, cause, [Posting(deferred, revenue, coupon.net_cents)])


def _tell_studio(session: Session, company: Company, coupon: Coupon, template: str) -> None:
    studio = session.get_one(Party, company.requested_by_party_id)
    if studio.email is None:
        return
    party = session.get_one(Party, company.id)
    context = {
        "company_id": str(company.id),
        "company_name": party.name,
        "coupon_id": str(coupon.id),
        "coupon_code": coupon.code,
        "support_code": company.support_code,
        "reason": company.rejection,
    }
    queue_mail(
        session,
        cause=f"{template}:{company.id}",
        to=studio.email,
        template=template,
        context=context,
        party_id=studio.id,
        locale=company.locale,
    )
