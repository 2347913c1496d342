"""Changes: telling the vendor's software what a company may do now (M25), in order, until it has heard.

A change is announced in the transaction that causes it; its body is made when it is first sent, from the rights of that
moment, and then kept, so that every repetition is the same letter. A newer announcement makes an older one needless.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.provisioning.change_bodies import change_body
from entitlements.provisioning.provisioner import Asked, NotThere, Provisioner, Ready, Refused, in_words, pause_before
from entitlements.provisioning.requests import ProvisioningRequest, contradict, log_call
from entitlements.running.what_runs import locked_company
from foundation import clock
from foundation.database import Identified, JsonObject, Model, refuse_open_transaction, transaction
from foundation.faults import fault_point
from foundation.ids import new_id
from foundation.jobs import RetryLater, defer, run_soon

TELL = "provisioning.tell"
CHANGE = "change"
"""How what is said of a change begins, where the desk keeps contradictions."""


class ProvisioningChange(Identified, Model):
    """One letter to the vendor about a company; the idempotency key is `change-` and its id, over all repetitions."""

    __tablename__ = "provisioning_changes"
    __table_args__ = (
        CheckConstraint("state IN ('PENDING', 'DONE', 'REFUSED', 'SUPERSEDED')", name="state"),
        Index("ix_provisioning_changes_company_id", "company_id", "id"),
        Index(
            "uq_provisioning_changes_unsent",
            "company_id",
            unique=True,
            postgresql_where=text("state = 'PENDING' AND attempts = 0"),
        ),
    )

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    state: Mapped[str]
    body: Mapped[JsonObject | None] = mapped_column(JSONB(none_as_null=True))
    attempts: Mapped[int]
    announced_at: Mapped[datetime]
    last_outcome: Mapped[str | None]
    settled_at: Mapped[datetime | None]


def announce_change(session: Session, company_id: UUID) -> None:
    """Have the vendor told what the company may do; several changes before it is told are one letter."""
    values = {"company_id": company_id, "state": "PENDING", "attempts": 0, "announced_at": clock.now()}
    row = insert(ProvisioningChange).values(id=new_id(), **values)
    unsent = text("state = 'PENDING' AND attempts = 0")
    session.execute(row.on_conflict_do_nothing(index_elements=["company_id"], index_where=unsent))
    if not run_soon(session, TELL, company_id=str(company_id)):
        defer(session, TELL, lock=f"changes-{company_id}", company_id=str(company_id))


def tell(company_id: UUID, provisioner: Provisioner) -> None:
    """Send the newest change: commit the intent, call, commit the outcome. Raises RetryLater until it was heard."""
    intent = _intend(company_id)
    if intent is None:
        return
    change_id, body, attempts = intent
    fault_point("provisioning.before_change")
    refuse_open_transaction()
    answer = provisioner.change(f"change-{change_id}", str(company_id), body)
    fault_point("provisioning.after_change")
    with transaction() as session:
        if isinstance(answer, Refused | NotThere):
            _show_at_desk(session, company_id, answer)
        change = session.get_one(ProvisioningChange, change_id, with_for_update=True)
        change.last_outcome = _in_words(answer)
        log_call(session, company_id, "change", change.last_outcome)
        if isinstance(answer, Ready | Refused):
            change.state, change.settled_at = "DONE" if isinstance(answer, Ready) else "REFUSED", clock.now()
    if not isinstance(answer, Ready | Refused):
        raise RetryLater("not heard", pause_before(attempts - 1))


def _in_words(answer: Asked) -> str:
    return f"refused: {answer.reason}"[:200] if isinstance(answer, Refused) else in_words(answer)


def _show_at_desk(session: Session, company_id: UUID, answer: Refused | NotThere) -> None:
    """The vendor created this company and now wants no change of it: a person looks, once however often it is said."""
    locked_company(session, company_id)
    request = session.get_one(ProvisioningRequest, company_id, with_for_update=True)
    if request.contradiction is None:
        contradict(session, request, f"{CHANGE} {_in_words(answer)}")


def _intend(company_id: UUID) -> tuple[UUID, JsonObject, int] | None:
    """The letter to send, kept with its body; None when there is none, or the company does not exist there yet."""
    with transaction() as session:
        company = locked_company(session, company_id)
        change = _newest(session, company_id)
        if change is None or company.state != "READY":
            return None
        older = (ProvisioningChange.company_id == company_id, ProvisioningChange.state == "PENDING")
        session.execute(
            update(ProvisioningChange)
            .where(*older, ProvisioningChange.id < change.id)
            .values(state="SUPERSEDED", settled_at=clock.now())
        )
        if change.body is None:
            change.body = change_body(session, company)
        change.attempts += 1
        log_call(session, company_id, "intent", f"change, attempt {change.attempts}")
        return change.id, change.body, change.attempts


def _newest(session: Session, company_id: UUID) -> ProvisioningChange | None:
    query = (
        select(ProvisioningChange)
        .where(ProvisioningChange.company_id == company_id, ProvisioningChange.state == "PENDING")
        .order_by(ProvisioningChange.id.desc())
        .limit(1)
    )
    return session.scalars(query.with_for_update()).first()


def is_unheard(session: Session, company_id: UUID) -> bool:
    """Whether the vendor was sent the newest change of a company and has not taken it, by silence or by refusal."""
    query = (
        select(ProvisioningChange)
        .where(ProvisioningChange.company_id == company_id)
        .order_by(ProvisioningChange.id.desc())
        .limit(1)
    )
    newest = session.scalars(query).first()
    return newest is not None and newest.state != "DONE" and newest.attempts > 0
