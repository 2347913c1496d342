"""A refund by card from the asking to Stripe's answer, as the finance page and its job do it one after the other."""

from uuid import UUID

from foundation.database import transaction
from foundation.principal import Principal
from shop import PaymentGateway, RefundWish, lock_order
from shop.payments.refund_requests import learn_charges, send_request, store_request
from shop.payments.stripe_facts import RefundRequest


def request_refund(order_id: UUID, wish: RefundWish, by: Principal, gateway: PaymentGateway) -> RefundRequest:
    """Learn what was charged, keep the request, send it."""
    learn_charges(order_id, gateway)
    with transaction() as session:
        request = store_request(session, lock_order(session, order_id), wish, by)
    return send_request(request.id, gateway)
