"""Purchases (F003-17): what an invited client paid for becomes its company, without a coupon and without another step.

A purchase asks for the company in the very transaction of the payment. When that cannot be, because the data no longer
hold, the tax code was taken meanwhile, or the vendor refuses for good, it waits: the client corrects its data, or the
shop gives the money back. Nothing that was paid is lost.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.companies import Company, CompanyAlreadyExists
from entitlements.company_data import AccountingRegime, CompanyData, check_company
from entitlements.company_requests import (
    Asked,
    CompanyRequest,
    Opened,
    provisioning_body,
    request_company,
    start_licence,
)
from entitlements.drafts import forget_invitation_draft, invitation_draft_of
from entitlements.invitations.forgetting import forget_later
from entitlements.invitations.invited import Invitation, lock_invitation, subject_of, take
from entitlements.ledger import Account, Posting, book
from entitlements.links import Cause, link_studio, set_payer
from entitlements.paid_lines import PaidLine
from entitlements.parties import Party
from entitlements.provisioning.changes import announce_change
from entitlements.provisioning.requests import request_provisioning
from entitlements.running.what_runs import held_services
from foundation import clock
from foundation.database import Identified, JsonObject, Model
from foundation.events import Subject, record_event
from foundation.faults import fault_point
from foundation.jobs import schedule_due

PurchaseState = Literal["WAITING", "CREATING", "DONE", "VOIDED"]
Problem = Literal["", "INCOMPLETE", "TAKEN", "REFUSED"]

CREATED, NOT_CREATED = "invitations.created", "invitations.not_created"
"""Due rules of the shop: the client is written to, finance looks at money that has no company yet."""


class CompanyPurchase(Identified, Model):
    """A company that was paid for. WAITING for better data, CREATING, DONE, or VOIDED by a refund; `net_cents` net.

    `problem` says why it waits. At most one company comes of it; one that was refused is let go first.
    """

    __tablename__ = "company_purchases"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id"),
        UniqueConstraint("invitation_id"),
        Index("uq_company_purchases_company", "company_id", unique=True),
        CheckConstraint("state IN ('WAITING', 'CREATING', 'DONE', 'VOIDED')", name="state"),
        CheckConstraint("problem IN ('', 'INCOMPLETE', 'TAKEN', 'REFUSED')", name="problem"),
        CheckConstraint("(company_id IS NOT NULL) = (state IN ('CREATING', 'DONE'))", name="has_company"),
        CheckConstraint("held_by_case IS NULL OR state <> 'DONE'", name="held"),
    )

    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"))
    buyer_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    studio_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    sku: Mapped[str]
    gives: Mapped[JsonObject]
    net_cents: Mapped[int]
    price_book_version: Mapped[int]
    state: Mapped[PurchaseState] = mapped_column(String())
    problem: Mapped[Problem] = mapped_column(String())
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"))
    held_by_case: Mapped[UUID | None]
    bought_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class PurchaseNotWaiting(Exception):
    """The purchase waits for no correction; `state` says where it stands, HELD while a case holds it."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


def buy_company(session: Session, line: PaidLine) -> None:
    """A paid line of an invited client: ask for its company at once (F003-17)."""
    query = select(Invitation).where(Invitation.party_id == line.for_party_id).with_for_update()
    invitation = session.scalars(query).one()
    purchase = CompanyPurchase(
        cause_kind=line.cause.kind,
        cause_id=line.cause.id,
        invitation_id=invitation.id,
        buyer_party_id=line.owner_party_id,
        studio_id=invitation.studio_id,
        sku=line.sku,
        gives=line.gives,
        net_cents=line.net_cents,
        price_book_version=line.price_book_version,
        state="WAITING",
        problem="",
        bought_at=clock.now(),
        changed_at=clock.now(),
    )
    session.add(purchase)
    session.flush()
    _ask(session, purchase, invitation)


def purchase_of(session: Session, invitation_id: UUID, *, lock: bool = False) -> CompanyPurchase | None:
    """The purchase an invitation led to, if it was paid."""
    query = select(CompanyPurchase).where(CompanyPurchase.invitation_id == invitation_id)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def purchase_states(session: Session, cause_kind: str, cause_ids: Sequence[UUID]) -> dict[UUID, PurchaseState]:
    """Where the purchases of these causes stand, of those that made one."""
    query = select(CompanyPurchase.cause_id, CompanyPurchase.state).where(
        CompanyPurchase.cause_kind == cause_kind, CompanyPurchase.cause_id.in_(cause_ids)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def companies_bought(session: Session, invitation_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The companies these invitations led to, of those that exist (lists)."""
    query = select(CompanyPurchase.invitation_id, CompanyPurchase.company_id).where(
        CompanyPurchase.invitation_id.in_(invitation_ids), CompanyPurchase.state == "DONE"
    )
    return {row[0]: row[1] for row in session.execute(query) if row[1] is not None}


def purchase_by_company(session: Session, company_id: UUID) -> CompanyPurchase | None:
    """The purchase a company comes of, locked; None for a company of a coupon."""
    query = select(CompanyPurchase).where(CompanyPurchase.company_id == company_id).with_for_update()
    return session.scalars(query).one_or_none()


def correct_purchase(session: Session, invitation: Invitation) -> None:
    """The client has corrected its data: ask for the company again. The invitation is locked.

    Raises PurchaseNotWaiting. What stands in the way now is in the purchase's `problem`.
    """
    purchase = purchase_of(session, invitation.id, lock=True)
    if purchase is None or purchase.state != "WAITING":
        raise PurchaseNotWaiting(purchase.state if purchase is not None else "NOT_PAID")
    if purchase.held_by_case is not None:
        raise PurchaseNotWaiting("HELD")
    _ask(session, purchase, invitation)


def checked_data(session: Session, invitation: Invitation) -> CompanyData | None:
    """What the client typed, when nothing is wrong with it today."""
    draft = invitation_draft_of(session, invitation.id)
    fields = {name: text for name, text in draft.fields.items() if isinstance(text, str)} if draft else {}
    return check_company(fields, clock.today(), accounting_allowed=accounting_of(invitation.offer["gives"])).data


def accounting_of(gives: JsonObject) -> AccountingRegime | None:
    """The accounting a product keeps, where it is limited: only a reason to warn."""
    kept = gives.get("accounting")
    return AccountingRegime(kept) if kept in set(AccountingRegime) else None


def _ask(session: Session, purchase: CompanyPurchase, invitation: Invitation) -> None:
    data = checked_data(session, invitation)
    if data is None:
        _wait(session, purchase, "INCOMPLETE")
        return
    today = clock.today()
    first = session.get(Company, purchase.buyer_party_id) is None
    # A party becomes one company only: after a refusal the corrected data are a new one's.
    buyer_id = purchase.buyer_party_id if first else None
    try:
        company = request_company(session, CompanyRequest(data, None, invitation.locale, today, buyer_id))
    except CompanyAlreadyExists:
        _wait(session, purchase, "TAKEN")
        return
    purchase.state, purchase.problem, purchase.company_id = "CREATING", "", company.id
    purchase.changed_at = clock.now()
    studio = session.get_one(Party, purchase.studio_id)
    body = provisioning_body(company.id, data, Asked(purchase.gives, studio, "COMPANY"), today)
    request_provisioning(session, company.id, body)
    record_event(session, "company.provisioning", Subject("company", company.id, company.id))
    session.flush()
    fault_point("purchase.asked")


def _wait(session: Session, purchase: CompanyPurchase, problem: Problem) -> None:
    purchase.state, purchase.problem, purchase.company_id = "WAITING", problem, None
    purchase.changed_at = clock.now()
    schedule_due(session, NOT_CREATED, purchase.id, clock.now(), period=purchase.changed_at.isoformat())


def purchased_company_created(session: Session, company: Company, purchase: CompanyPurchase) -> None:
    """The company exists: licence, link to the studio, itself as payer, history, revenue. Both rows are locked."""
    invitation = lock_invitation(session, purchase.invitation_id)
    purchase.state, purchase.changed_at, purchase.held_by_case = "DONE", clock.now(), None
    opened = Opened(
        gives=purchase.gives,
        sku=purchase.sku,
        net_cents=purchase.net_cents,
        price_book_version=purchase.price_book_version,
        coupon_type=None,
        self_purchase=True,
        told_party_id=company.id,
    )
    start_licence(session, company, opened, Cause(purchase.cause_kind, purchase.cause_id))
    invited = Cause("invitation", invitation.id)
    link_studio(session, purchase.studio_id, company.id, invited)
    set_payer(session, company.id, company.id, "COMPANY", invited)
    deferred, revenue = Account("deferred", label=purchase.sku), Account("revenue", label=purchase.sku)
    book(session, Cause("company_purchase", purchase.id), [Posting(deferred, revenue, purchase.net_cents)])
    take(invitation, "create")
    forget_invitation_draft(session, invitation.id)
    record_event(session, "company.ready", Subject("company", company.id, company.id))
    record_event(session, "invitation.accepted", subject_of(invitation), company_id=company.id)
    if held_services(session, company.id):
        announce_change(session, company.id)
    schedule_due(session, CREATED, invitation.id, clock.now())


def purchased_company_refused(session: Session, company: Company, purchase: CompanyPurchase) -> None:
    """The vendor refused for good: the purchase waits for corrected data or for its money to go back."""
    record_event(session, "company.failed", Subject("company", company.id, company.id))
    _wait(session, purchase, "REFUSED")


def void_purchases(session: Session, cause_kind: str, cause_ids: Sequence[UUID], why: Cause) -> int:
    """Void what waits of the purchases of these causes after a refund (D10); answers how many.

    Their price goes from the deferred liability against the refunds (M12): it will never be earned.
    """
    query = (
        select(CompanyPurchase)
        .where(CompanyPurchase.cause_kind == cause_kind, CompanyPurchase.cause_id.in_(cause_ids))
        .where(CompanyPurchase.state == "WAITING")
        .with_for_update()
    )
    voided = session.scalars(query).all()
    for purchase in voided:
        forget_later(session, session.get_one(Invitation, purchase.invitation_id))
        purchase.state, purchase.held_by_case, purchase.changed_at = "VOIDED", None, clock.now()
        deferred, refunds = Account("deferred", label=purchase.sku), Account("refunds")
        book(session, Cause("company_purchase", purchase.id), [Posting(deferred, refunds, purchase.net_cents)])
        subject = Subject("party", purchase.buyer_party_id, purchase.buyer_party_id)
        record_event(session, "purchase.voided", subject, cause_kind=why.kind, cause_id=why.id)
    return len(voided)


def hold_purchases(session: Session, cause_kind: str, cause_ids: Sequence[UUID], case: UUID) -> None:
    """While a case is open no company is asked for with contested money; one under way goes on."""
    session.execute(
        update(CompanyPurchase)
        .where(CompanyPurchase.cause_kind == cause_kind, CompanyPurchase.cause_id.in_(cause_ids))
        .where(CompanyPurchase.state.in_(("WAITING", "CREATING")), CompanyPurchase.held_by_case.is_(None))
        .values(held_by_case=case)
    )


def release_purchases(session: Session, case: UUID) -> None:
    """Give back what a case held."""
    session.execute(update(CompanyPurchase).where(CompanyPurchase.held_by_case == case).values(held_by_case=None))
