"""Refunds in four eyes (S04, D10): what finance asks for is shown first, and done only while it is still so."""

from uuid import UUID

from sqlalchemy.orm import Session

from foundation.database import JsonObject
from foundation.jobs import defer
from foundation.principal import Principal
from shop.orders.order_book import Order
from shop.orders.placing import order_subject
from shop.payments.late_refunds import late_wish_of, store_late_request
from shop.payments.other_refunds import give_back_otherwise
from shop.payments.record import lock_order
from shop.payments.refund_plans import BY_CARD, RefundChanged, RefundShown, RefundWish, amount_of, refundable
from shop.payments.refund_requests import store_request
from shop.payments.stripe_facts import RefundRequest
from shop.transfers.four_eyes import REFUND, FinanceDecision, Wish, ask, carries_out

SEND = "refunds.send"


def ask_refund(session: Session, order: Order, wish: RefundWish, shown: RefundShown, by: Principal) -> FinanceDecision:
    """Give back what was shown, once; from the threshold on it waits for a second person.

    The order's row must be locked. By card a job calls the gateway after the commit. Raises AlreadyAsked,
    NotFulfilled, RefundBlocked, NothingToRefund, RefundExceedsWhatIsLeft, RefundChanged.
    """
    known = refundable(session, order)
    if RefundShown(amount_of(known, wish), known.left_cents) != shown:
        raise RefundChanged
    wanted = Wish(REFUND, order_subject(order), shown.cents, order_id=order.id, facts=_as_facts(wish))
    return ask(session, wanted, by)


@carries_out(REFUND)
def _refund(session: Session, decision: FinanceDecision, by: Principal) -> None:
    """The second person approves the sum they were shown; if it has changed meanwhile, it is asked for anew."""
    order = lock_order(session, decision.subject_id)
    late = late_wish_of(decision)
    if late is not None:
        _send(session, decision, store_late_request(session, order, late, by))
        return
    wish = wish_of(decision)
    if amount_of(refundable(session, order), wish) != decision.amount_cents:
        raise RefundChanged
    request = store_request(session, order, wish, by)
    if wish.way == BY_CARD:
        _send(session, decision, request)
    else:
        decision.facts = decision.facts | {"refund_request_id": str(request.id)}
        give_back_otherwise(session, order, request)


def _send(session: Session, decision: FinanceDecision, request: RefundRequest) -> None:
    """A job calls the gateway once this is committed."""
    decision.facts = decision.facts | {"refund_request_id": str(request.id)}
    defer(session, SEND, request_id=str(request.id))


def _as_facts(wish: RefundWish) -> JsonObject:
    return {
        "way": wish.way,
        "line_id": str(wish.unused_of_line) if wish.unused_of_line else None,
        "everything": wish.everything,
    }


def wish_of(decision: FinanceDecision) -> RefundWish:
    """What a decision about a refund wants."""
    facts = decision.facts
    line_id, everything = facts["line_id"], bool(facts["everything"])
    amount = None if line_id or everything else decision.amount_cents
    return RefundWish(amount, UUID(line_id) if line_id else None, everything, str(facts["way"]))
