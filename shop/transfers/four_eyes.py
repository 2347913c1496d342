"""Four eyes (S04): from a sum on, what one person of finance asks for another approves; small sums are done at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import Identified, JsonObject, Model
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.principal import Principal
from foundation.settings import current_settings
from shop.transfers.refusals import DecisionNotFound, SecondPersonNeeded

CONFIRM_BY_HAND = "confirm_by_hand"
SEND_BACK = "send_back"
STORE_CREDIT = "store_credit"
REFUND = "refund"
WAITING, APPROVED, DECLINED = "WAITING", "APPROVED", "DECLINED"


class FinanceDecision(Identified, Model):
    """What a person of finance asked for, and who approved or declined it. Small ones are approved at once."""

    __tablename__ = "finance_decisions"
    __table_args__ = (
        CheckConstraint("kind IN ('confirm_by_hand', 'send_back', 'store_credit', 'refund')", name="kind"),
        CheckConstraint("state IN ('WAITING', 'APPROVED', 'DECLINED')", name="state"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("(state = 'WAITING') = (decided_at IS NULL)", name="decided"),
        Index(
            "uq_finance_decisions_waiting",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("state = 'WAITING'"),
        ),
        Index("ix_finance_decisions_subject", "subject_id", "id"),
    )

    kind: Mapped[str]
    state: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    booked_on: Mapped[date | None]
    amount_cents: Mapped[int]
    facts: Mapped[JsonObject]
    four_eyes: Mapped[bool]
    asked_at: Mapped[datetime]
    asked_by_user_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decided_by_user_id: Mapped[UUID | None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody of finance wants: its kind, what it is about, how much (cents), and what it needs to be done."""

    kind: str
    subject: Subject
    amount_cents: int
    order_id: UUID | None = None
    party_id: UUID | None = None
    booked_on: date | None = None
    facts: JsonObject = field(default_factory=dict)


Act = Callable[[Session, FinanceDecision, Principal], None]
_acts: dict[str, Act] = {}


def carries_out(kind: str) -> Callable[[Act], Act]:
    """Register the function that does what approved decisions of a kind say."""

    def register(act: Act) -> Act:
        _acts[kind] = act
        return act

    return register


class AlreadyAsked(Exception):
    """The same is waiting for its second person already."""


def ask(session: Session, wish: Wish, by: Principal) -> FinanceDecision:
    """Do what a person of finance wants, or, from the threshold on, keep it for a second person.

    What was asked for the same subject before counts too, so that a large sum is not passed in small ones.
    Raises AlreadyAsked, and whatever the act itself refuses.
    """
    if _asked_before(session, wish):
        raise AlreadyAsked
    threshold = current_settings().manual_confirmation_four_eyes
    decision = FinanceDecision(
        id=new_id(),
        kind=wish.kind,
        state=WAITING,
        subject_kind=wish.subject.kind,
        subject_id=wish.subject.id,
        order_id=wish.order_id,
        party_id=wish.party_id,
        booked_on=wish.booked_on,
        amount_cents=wish.amount_cents,
        facts=wish.facts,
        four_eyes=wish.amount_cents + _done_alone(session, wish) >= threshold,
        asked_at=clock.now(),
        asked_by_user_id=by.user_id,
    )
    session.add(decision)
    session.flush()
    _note(session, decision, "asked", by)
    if not decision.four_eyes:
        _decide(session, decision, APPROVED, by)
    return decision


def _asked_before(session: Session, wish: Wish) -> bool:
    query = select(FinanceDecision.id).where(FinanceDecision.kind == wish.kind, FinanceDecision.state == WAITING)
    return session.scalar(query.where(FinanceDecision.subject_id == wish.subject.id)) is not None


def _done_alone(session: Session, wish: Wish) -> int:
    query = select(func.coalesce(func.sum(FinanceDecision.amount_cents), 0)).where(
        FinanceDecision.kind == wish.kind,
        FinanceDecision.subject_id == wish.subject.id,
        FinanceDecision.state == APPROVED,
        FinanceDecision.four_eyes.is_(False),
    )
    return int(session.execute(query).scalar_one())


def lock_decision(session: Session, decision_id: UUID) -> FinanceDecision:
    """A decision that waits, locked. Raises DecisionNotFound."""
    query = select(FinanceDecision).where(FinanceDecision.id == decision_id, FinanceDecision.state == WAITING)
    found = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise DecisionNotFound
    return found


def approve(session: Session, decision: FinanceDecision, by: Principal) -> None:
    """A second person approves, and it is done. The row must be locked.

    Raises SecondPersonNeeded for whoever asked (or for nobody in person), and whatever the act itself refuses.
    """
    if by.user_id is None or by.user_id == decision.asked_by_user_id:
        raise SecondPersonNeeded
    _decide(session, decision, APPROVED, by)


def decline(session: Session, decision: FinanceDecision, by: Principal) -> None:
    """Say no; whoever asked may withdraw it the same way. The row must be locked."""
    _decide(session, decision, DECLINED, by)


def _decide(session: Session, decision: FinanceDecision, state: str, by: Principal) -> None:
    decision.state, decision.decided_at, decision.decided_by_user_id = state, clock.now(), by.user_id
    session.flush()
    _note(session, decision, state.lower(), by)
    if state == APPROVED:
        _acts[decision.kind](session, decision, by)


def _note(session: Session, decision: FinanceDecision, what: str, by: Principal) -> None:
    subject = Subject(decision.subject_kind, decision.subject_id)
    record_event(
        session,
        f"finance.{decision.kind}_{what}",
        subject,
        by,
        decision_id=decision.id,
        cents=decision.amount_cents,
        four_eyes=decision.four_eyes,
    )


def waiting_decisions(session: Session, limit: int, after: UUID | None = None) -> list[FinanceDecision]:
    """What waits for a second person, oldest first, behind `after`."""
    query = select(FinanceDecision).where(FinanceDecision.state == WAITING).order_by(FinanceDecision.id).limit(limit)
    return list(session.scalars(query.where(FinanceDecision.id > after) if after else query))
