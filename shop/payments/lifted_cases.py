"""Lifting (D10): finance gives back the services that a lost dispute, or all the money returned, had suspended."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements import SuspendedLicence, lift_suspensions, suspended_by
from foundation import clock
from foundation.database import APPEND_ONLY, Model
from foundation.events import record_event
from foundation.principal import Principal
from shop.orders.order_book import Order
from shop.orders.placing import order_subject
from shop.payments.stripe_facts import RefundRequest, StripeDispute


class LiftedCase(Model):
    """A case that suspends nothing any more, because a person of finance said so; the money stays where it is."""

    __tablename__ = "lifted_cases"
    __table_args__ = ({"info": {APPEND_ONLY: True}},)

    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    lifted_by_user_id: Mapped[UUID | None]
    lifted_at: Mapped[datetime]


def suspended_by_order(session: Session, order_id: UUID) -> Sequence[SuspendedLicence]:
    """What the cases of an order hold back now."""
    return suspended_by(session, _cases_of(session, order_id))


def lift_cases(session: Session, order: Order, by: Principal) -> int:
    """Give back what the cases of an order had suspended, for good; answers how many licences.

    The order's row must be locked. The cases suspend nothing later either; where nothing is suspended nothing happens.
    """
    lifted = 0
    for case_id in _cases_of(session, order.id):
        given_back = lift_suspensions(session, case_id)
        if not given_back:
            continue
        lifted += given_back
        row = insert(LiftedCase).values(
            case_id=case_id, order_id=order.id, lifted_by_user_id=by.user_id, lifted_at=clock.now()
        )
        session.execute(row.on_conflict_do_nothing())
        facts = {"case_id": case_id, "licences": given_back}
        record_event(session, "order.suspension_lifted", order_subject(order), by, **facts)
    return lifted


def _cases_of(session: Session, order_id: UUID) -> list[UUID]:
    disputes = select(StripeDispute.case_id).where(StripeDispute.order_id == order_id)
    decided = select(RefundRequest.id).where(RefundRequest.order_id == order_id, RefundRequest.everything.is_(True))
    return sorted({*session.scalars(disputes), *session.scalars(decided)})
