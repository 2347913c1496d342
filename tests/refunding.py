"""Money that goes back: a refund from the asking to Stripe's answer, and a dispute from its opening to its end."""

from uuid import UUID

from foundation.database import transaction
from foundation.principal import Principal
from shop import MemoryGateway, PaymentGateway, RefundWish, lock_order, look_and_reconcile
from shop.payments.refund_requests import learn_charges, send_request, store_request
from shop.payments.stripe_facts import RefundRequest


def request_refund(order_id: UUID, wish: RefundWish, by: Principal, gateway: PaymentGateway) -> RefundRequest:
    """Learn what was charged, keep the request, send it."""
    learn_charges(order_id, gateway)
    with transaction() as session:
        request = store_request(session, lock_order(session, order_id), wish, by)
    return send_request(request.id, gateway)


def contest_newest_charge(gateway: MemoryGateway, status: str) -> None:
    """The buyer's bank asks for the newest charge back, or has decided; the shop looks at once."""
    charge = [one for one in gateway.objects.values() if one["object"] == "charge"][-1]
    dispute_id = f"du_{charge['id']}"
    dispute = {"id": dispute_id, "object": "dispute", "status": status, "livemode": False, "evidence_details": {}}
    dispute |= {"charge": charge["id"], "payment_intent": charge["payment_intent"], "amount": charge["amount"]}
    gateway.objects[dispute_id] = dispute | {"balance_transactions": []}
    look_and_reconcile(gateway, "dispute", dispute_id)
