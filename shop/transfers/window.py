"""The window (D9): a transfer is fulfilled 12 hours after it is recorded; finance may release or hold it before."""

from sqlalchemy.orm import Session

from foundation import clock
from foundation.events import record_event
from foundation.faults import fault_point
from foundation.jobs import DueRow, due_rule
from foundation.principal import Principal
from foundation.settings import current_settings
from shop.orders.fulfilment import fulfil
from shop.orders.order_book import Order
from shop.orders.order_states import next_order_state
from shop.orders.placing import order_subject, tell_buyer
from shop.payments.finance_tasks import close_tasks
from shop.payments.record import lock_order, open_finance_task
from shop.payments.reversals import follow_reversals, money_in_doubt

LONGEST_REASON = 500
MONEY_IN_DOUBT = "Rimborso o contestazione della carta prima dell’evasione."


class ReasonMissing(Exception):
    """A hold needs a reason: whoever comes after must know why an order waits."""


@due_rule("orders.fulfil")
def fulfil_when_due(session: Session, row: DueRow) -> None:
    """The window has passed: fulfil, unless the money went back, finance holds, or it was released before.

    What a card paid of the order may have gone back meanwhile, or be contested: then a person decides.
    """
    order = lock_order(session, row.subject_id)
    fault_point("window.before_fulfilment")
    if order.state != "PAID" or order.fulfil_not_before is None or order.fulfil_not_before > clock.now():
        return
    if money_in_doubt(session, order):
        _stop(session, order, MONEY_IN_DOUBT)
        return
    fulfil(session, order)
    _nothing_left_to_do(session, order)


@due_rule("orders.sla")
def notice_breach(session: Session, row: DueRow) -> None:
    """The promise of 24 hours is broken: finance sees it, the buyer is told why (also while on hold).

    After days of downtime the order may have been fulfilled a moment ago: then only the breach is kept, as an event.
    """
    order = lock_order(session, row.subject_id)
    if order.paid_at is None or order.paid_at.isoformat() != row.period:
        return
    promised = order.paid_at + current_settings().bank_transfer_sla
    if order.state in {"PAID", "ON_HOLD"}:
        open_finance_task(session, "sla_breach", order, {"state": order.state})
        tell_buyer(session, order, "order_late", occasion=row.period, held=int(order.state == "ON_HOLD"))
    elif order.fulfilled_at is None or order.fulfilled_at <= promised:
        return
    record_event(session, "order.sla_breached", order_subject(order))


def release(session: Session, order: Order, by: Principal) -> bool:
    """Finance fulfils before the window has passed, or ends a hold; answers False when it was fulfilled before.

    The order's row must be locked. Raises IllegalOrderStep.
    """
    if order.state == "ON_HOLD":
        order.state = next_order_state(order.state, "release")
        order.version += 1
    done = fulfil(session, order)
    if done:
        # Released while a card's money is contested: what nobody has used is held like that of any such order.
        follow_reversals(session, order)
        record_event(session, "order.released", order_subject(order), by)
        _nothing_left_to_do(session, order)
    return done


def hold(session: Session, order: Order, reason: str, by: Principal) -> None:
    """Finance stops the window, with a reason. The row must be locked. Raises IllegalOrderStep, ReasonMissing."""
    why = " ".join(reason.split())[:LONGEST_REASON]
    if not why:
        raise ReasonMissing
    _stop(session, order, why, by)


def _stop(session: Session, order: Order, why: str, by: Principal | None = None) -> None:
    order.state = next_order_state(order.state, "hold")
    order.version += 1
    record_event(session, "order.held", order_subject(order), by)
    open_finance_task(session, "hold", order, {"reason": why})


def _nothing_left_to_do(session: Session, order: Order) -> None:
    for kind in ("hold", "sla_breach"):
        close_tasks(session, kind, order.id, "fulfilled")
