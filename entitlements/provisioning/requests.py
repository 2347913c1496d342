"""Provisioning requests: the intent to have a company created, stored with its cause; every call is logged."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.provisioning.provisioning_states import ProvisioningState
from foundation import clock
from foundation.database import APPEND_ONLY, Identified, JsonObject, Model
from foundation.events import Subject, record_event
from foundation.jobs import defer, run_soon


class ProvisioningRequest(Model):
    """One per company. `body` is what is sent, frozen; the idempotency key is the company's id.

    `contradiction` is what the vendor said against what it had said before, or against a change of a company that it
    has created; it stays until a person has looked.
    """

    __tablename__ = "provisioning_requests"
    __table_args__ = (
        CheckConstraint("state IN ('PENDING','ACCEPTED','UNKNOWN','DONE','REFUSED','GIVEN_UP')", name="state"),
        Index("ix_provisioning_requests_state", "state", "company_id"),
        Index(
            "ix_provisioning_requests_contradicted",
            "company_id",
            postgresql_where=text("contradiction IS NOT NULL"),
        ),
    )

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    state: Mapped[ProvisioningState] = mapped_column(String())
    body: Mapped[JsonObject]
    requested_at: Mapped[datetime]
    attempts: Mapped[int]
    last_outcome: Mapped[str | None]
    last_attempt_at: Mapped[datetime | None]
    operation: Mapped[str | None]
    contradiction: Mapped[str | None]


class ProvisioningCall(Identified, Model):
    """One call or callback and what came of it; append-only, the step ledger of provisioning."""

    __tablename__ = "provisioning_calls"
    __table_args__ = (Index("ix_provisioning_calls_company_id", "company_id", "id"), {"info": {APPEND_ONLY: True}})

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    kind: Mapped[str]
    outcome: Mapped[str]
    at: Mapped[datetime]


def request_provisioning(session: Session, company_id: UUID, body: JsonObject) -> None:
    """Store the intent and its job in the transaction that caused it."""
    request = ProvisioningRequest(
        company_id=company_id, state="PENDING", body=body, requested_at=clock.now(), attempts=0
    )
    session.add(request)
    session.flush()
    ask_for_creation(session, company_id)


def ask_for_creation(session: Session, company_id: UUID) -> None:
    """Have the vendor called as soon as possible; one chain of tries per company, however often this is asked."""
    if not run_soon(session, "provisioning.call", company_id=str(company_id)):
        defer(session, "provisioning.call", lock=f"company-{company_id}", company_id=str(company_id))


def ask_what_became(session: Session, company_id: UUID) -> None:
    """Have the vendor asked, as soon as possible, what became of a request it accepted."""
    if not run_soon(session, "provisioning.ask", company_id=str(company_id)):
        ask_after(session, company_id, None)


def ask_after(session: Session, company_id: UUID, pause: timedelta | None) -> None:
    """Have the vendor asked, after a pause in real time, what became of a request; one question at a time."""
    defer(session, "provisioning.ask", lock=f"ask-{company_id}", after=pause, company_id=str(company_id))


def contradict(session: Session, request: ProvisioningRequest, said: str) -> None:
    """Keep for the support desk what the vendor said against what it had said before. The request is locked."""
    request.contradiction = said[:200]
    record_event(session, "company.contradicted", Subject("company", request.company_id))


def idempotency_key(company_id: UUID) -> str:
    """The key of every call about this company, the same over all retries."""
    return f"company-{company_id}"


def log_call(session: Session, company_id: UUID, kind: str, outcome: str) -> None:
    """Note one step: intent, answer, callback, question."""
    session.add(ProvisioningCall(company_id=company_id, kind=kind, outcome=outcome, at=clock.now()))


def calls_of(session: Session, company_id: UUID) -> list[ProvisioningCall]:
    """Every step about a company, oldest first."""
    query = select(ProvisioningCall).where(ProvisioningCall.company_id == company_id).order_by(ProvisioningCall.id)
    return list(session.scalars(query))
