"""The payment method of an order that waits: the buyer may change from card to transfer and back while it is unpaid."""

from sqlalchemy.orm import Session

from foundation.events import record_event
from foundation.jobs import defer
from foundation.principal import Principal
from shop.orders.order_book import BANK_TRANSFER, CARD, Order
from shop.orders.placing import order_subject, tell_buyer
from shop.payments.attempts import attempts_of
from shop.payments.checkout import NotPayable

METHODS = (CARD, BANK_TRANSFER)


class UnknownPaymentMethod(Exception):
    """No such way to pay."""

    def __init__(self, method: str) -> None:
        super().__init__(method)
        self.method = method


def change_payment_method(session: Session, order: Order, method: str, by: Principal) -> bool:
    """Let the order be paid otherwise; answers False when it is so already. The order's row must be locked.

    An open page is closed by a job, so that nobody pays twice. Raises UnknownPaymentMethod; NotPayable where money is
    there or on its way.
    """
    if method not in METHODS:
        raise UnknownPaymentMethod(method)
    if order.state != "AWAITING_PAYMENT":
        raise NotPayable(order.state)
    if any(attempt.state in {"AWAITING_FUNDS", "PAID"} for attempt in attempts_of(session, order.id)):
        raise NotPayable("AWAITING_FUNDS")
    if order.payment_method == method:
        return False
    order.payment_method = method
    order.version += 1
    record_event(session, "order.payment_method_changed", order_subject(order), by, payment_method=method)
    if method == BANK_TRANSFER:
        defer(session, "checkout.close", order_id=str(order.id))
        tell_buyer(session, order, "order_received_transfer")
    return True
