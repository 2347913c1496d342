"""How an order is paid: until the money comes the buyer may change their mind between card and bank transfer."""

from sqlalchemy.orm import Session

from foundation.events import record_event
from foundation.principal import Principal
from shop.orders.order_book import BANK_TRANSFER, CARD, Order
from shop.orders.order_states import IllegalOrderStep
from shop.orders.placing import order_subject, tell_buyer

METHODS = (CARD, BANK_TRANSFER)


class UnknownPaymentMethod(Exception):
    """No such way to pay."""

    def __init__(self, method: str) -> None:
        super().__init__(method)
        self.method = method


def choose_payment_method(session: Session, order: Order, method: str, by: Principal) -> bool:
    """Pay an order in another way; answers False when that was the way already.

    The order's row must be locked. Raises IllegalOrderStep when it waits for no payment, UnknownPaymentMethod.
    """
    if method not in METHODS:
        raise UnknownPaymentMethod(method)
    if order.state != "AWAITING_PAYMENT":
        raise IllegalOrderStep(order.state, "pay")
    if order.payment_method == method:
        return False
    order.payment_method = method
    order.version += 1
    record_event(session, "order.payment_method_changed", order_subject(order), by, payment_method=method)
    if method == BANK_TRANSFER:
        tell_buyer(session, order, "order_received_transfer")
    return True
