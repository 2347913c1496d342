"""Reversals (D10): what refunds and disputes of an order mean for the rights it brought.

A function of the stored facts, called after every change of money: it gives the same whether the refund or the payment
was seen first, and repeating it changes nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from entitlements import (
    Cause,
    coupons_under_way,
    give_back_recovered,
    hold_coupons,
    hold_purchases,
    lift_suspensions,
    purchase_states,
    recover_unused,
    release_coupons,
    release_purchases,
    suspend_licences,
    void_coupons,
    void_purchases,
)
from foundation import clock
from foundation.driver_statements import directly
from foundation.jobs import DueRow, due_rule, schedule_due
from shop.orders.order_book import Order, lines_of
from shop.payments.finance_tasks import close_tasks
from shop.payments.lifted_cases import LiftedCase
from shop.payments.money_in import paid_cents
from shop.payments.record import lock_order
from shop.payments.stripe_facts import RefundRequest, StripeCharge, StripeDispute

OPEN_DISPUTE = frozenset(
    {"needs_response", "under_review", "warning_needs_response", "warning_under_review"},
)
LOST = "lost"
RULE = "orders.reversals"
_LOOK_AGAIN = timedelta(hours=1)
# Nearly no order has either, and every letter of a payment asks: one question instead of three.
_CONTESTED = select(
    or_(
        select(StripeDispute.id).where(StripeDispute.order_id == bindparam("order_id")).exists(),
        select(StripeCharge.id)
        .where(StripeCharge.order_id == bindparam("order_id"), StripeCharge.refunded_cents > 0)
        .exists(),
        select(RefundRequest.id).where(RefundRequest.order_id == bindparam("order_id")).exists(),
    )
)


def follow_reversals(session: Session, order: Order) -> None:
    """Hold, release or end the order's unused rights and suspend its licences, as refunds and disputes say (D10).

    The order's row must be locked. An open dispute freezes what is unused: coupons, wallets, companies paid for and
    not created yet. A lost one ends it and suspends the licences, which a won one gives back; a full refund ends it,
    and suspends where finance decided so. A case that finance lifted suspends no more. A dispute about one of two
    payments takes nothing from an order that the other still pays in full.
    """
    if not directly(session, _CONTESTED, {"order_id": order.id}).scalar_one():
        return
    disputes = _disputes_of(session, order.id)
    if not disputes and not fully_refunded(session, order.id):
        return
    sold_for = {line.id: line.net_cents for line in lines_of(session, order.id)}
    short = _lacks_money(session, order, disputes)
    for dispute in disputes:
        if dispute.status not in OPEN_DISPUTE | {LOST}:
            lift_suspensions(session, dispute.case_id)
    lost = next((dispute for dispute in disputes if dispute.status == LOST), None) if short else None
    if lost is not None:
        _end(session, order, Cause("dispute", lost.case_id), suspend=_unless_lifted(session, lost.case_id))
    elif fully_refunded(session, order.id):
        decided = _decided_about_used(session, order.id)
        _end(session, order, Cause("refund", order.id), suspend=decided and _unless_lifted(session, decided))
    for dispute in disputes:
        _freeze_or_free(session, dispute, sold_for, short=short)


def _lacks_money(session: Session, order: Order, disputes: Sequence[StripeDispute]) -> bool:
    """Whether the money that is there, and that no bank asks back or took, does not reach the order's price."""
    contested = sum(one.amount_cents for one in disputes if one.status == LOST or one.status in OPEN_DISPUTE)
    return kept_cents(session, order.id) - contested < order.gross_cents


def _freeze_or_free(session: Session, dispute: StripeDispute, sold_for: dict[UUID, int], *, short: bool) -> None:
    if short and dispute.status in OPEN_DISPUTE:
        hold_coupons(session, "order_line", list(sold_for), dispute.case_id, under_way=True)
        hold_purchases(session, "order_line", list(sold_for), dispute.case_id)
        recover_unused(session, "order_line", sold_for, Cause("dispute", dispute.case_id))
        return
    release_coupons(session, dispute.case_id)
    if not short or dispute.status != LOST:
        release_purchases(session, dispute.case_id)
        give_back_recovered(session, Cause("dispute", dispute.case_id))


def _end(session: Session, order: Order, why: Cause, suspend: UUID | None) -> None:
    """The money is gone for good: unused rights end; licences are suspended for the case `suspend`, if there is one."""
    lines = lines_of(session, order.id)
    ids = [line.id for line in lines]
    void_coupons(session, "order_line", ids, why)
    recover_unused(session, "order_line", {line.id: line.net_cents for line in lines}, why)
    if suspend is not None:
        suspend_licences(session, "order_line", ids, suspend)
    void_purchases(session, "order_line", ids, why)
    close_tasks(session, "company_not_created", order.id, "money_returned")
    # One under way that the vendor refuses must not be asked for again with money that is gone.
    hold_purchases(session, "order_line", ids, why.id)
    creating = "CREATING" in purchase_states(session, "order_line", ids).values()
    if creating or coupons_under_way(session, "order_line", ids):
        due_at = clock.now() + _LOOK_AGAIN
        # What was under way becomes a licence later, or comes back: it is dealt with as well.
        schedule_due(session, RULE, order.id, due_at, period=due_at.isoformat())


def _unless_lifted(session: Session, case_id: UUID) -> UUID | None:
    """The case that suspends; None once finance gave back what it had suspended."""
    return None if session.get(LiftedCase, case_id) else case_id


def _decided_about_used(session: Session, order_id: UUID) -> UUID | None:
    """The request with which finance decided that rights in use go back too (D10): the last one that was done.

    An earlier one gave back one of several payments; what its successor said would stay stays.
    """
    done = (RefundRequest.order_id == order_id, RefundRequest.state == "DONE")
    last = session.scalars(select(RefundRequest).where(*done).order_by(RefundRequest.id.desc()).limit(1)).first()
    return last.id if last is not None and last.everything else None


def fully_refunded(session: Session, order_id: UUID) -> bool:
    """Whether everything that was paid for an order went back: then nothing unused of it stays usable."""
    refunded = refunded_cents(session, order_id)
    return refunded > 0 and refunded >= paid_cents(session, order_id) > 0


def refunded_cents(session: Session, order_id: UUID) -> int:
    """How much of an order's money went back: by card, summed from the charges, and by transfer or as store credit."""
    query = select(func.coalesce(func.sum(StripeCharge.refunded_cents), 0)).where(StripeCharge.order_id == order_id)
    return int(session.execute(query).scalar_one()) + refunded_otherwise(session, order_id)


def refunded_otherwise(session: Session, order_id: UUID) -> int:
    """How much went back by transfer or as store credit."""
    query = select(func.coalesce(func.sum(RefundRequest.amount_cents), 0)).where(RefundRequest.order_id == order_id)
    done = query.where(RefundRequest.way != "card", RefundRequest.state == "DONE")
    return int(session.execute(done).scalar_one())


def kept_cents(session: Session, order_id: UUID) -> int:
    """What was paid for an order in whatever way and did not go back."""
    return paid_cents(session, order_id) - refunded_cents(session, order_id)


def money_in_doubt(session: Session, order: Order) -> bool:
    """Whether a paid order may lack its money: some went back by card, or the buyer's bank asks for it."""
    contested = any(one.status == LOST or one.status in OPEN_DISPUTE for one in _disputes_of(session, order.id))
    return contested or kept_cents(session, order.id) < order.gross_cents


def lost_cents(session: Session, charge_id: str) -> int:
    """How much of a charge a bank took for good: it is gone as if it had been given back."""
    lost = (StripeDispute.charge_id == charge_id, StripeDispute.status == LOST)
    return session.execute(select(func.coalesce(func.sum(StripeDispute.amount_cents), 0)).where(*lost)).scalar_one()


def disputed(session: Session, order_id: UUID) -> bool:
    """Whether a dispute about an order is open: refunds are blocked meanwhile."""
    return any(dispute.status in OPEN_DISPUTE for dispute in _disputes_of(session, order_id))


def _disputes_of(session: Session, order_id: UUID) -> Sequence[StripeDispute]:
    query = select(StripeDispute).where(StripeDispute.order_id == order_id).order_by(StripeDispute.id)
    return session.scalars(query).all()


@due_rule(RULE)
def follow_reversals_again(session: Session, row: DueRow) -> None:
    """Look once more at an order whose money went back while an activation was under way."""
    follow_reversals(session, lock_order(session, row.subject_id))
