"""Charges: each try to take the money, with what the bank said."""

from sandbox.stripe import customers
from sandbox.stripe.errors import missing
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import Listing, body_filter
from sandbox.stripe.world import World

LISTING = Listing(
    url="/v1/charges",
    kind="charge",
    label="charge",
    filters={name: body_filter(name) for name in ("customer", "payment_intent")},
)

_EMPTY = (
    "application", "application_fee", "application_fee_amount", "authorization_code",
    "balance_transaction", "failure_balance_transaction", "failure_code", "failure_message",
    "level3", "on_behalf_of", "presentment_details", "radar_options", "receipt_number",
    "receipt_url", "review", "shipping", "source", "source_transfer", "statement_descriptor",
    "statement_descriptor_suffix", "transfer", "transfer_data", "transfer_group",
)  # fmt: skip


def create(world: World, intent: Json, method: str, status: str) -> Json:
    """Write a charge for the intent's amount with the given status: pending, succeeded, failed."""
    charge = {
        **dict.fromkeys(_EMPTY),
        "id": new_id("ch" if method == "card" else "py"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0 if status == "failed" else intent["amount"],
        "amount_refunded": 0,
        "billing_details": {**customers.contact(world, intent["customer"]), "tax_id": None},
        "calculated_statement_descriptor": "SIMULATORE",
        "captured": status != "failed",
        "created": world.clock.now(),
        "currency": "eur",
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": _outcome(method, declined=status == "failed"),
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"] or new_id("pm"),
        "payment_method_details": {"type": method, method: _details(method, intent["amount"])},
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "status": status,
    }
    saved = world.store.find(str(charge["payment_method"]), "payment_method")
    if saved is not None:
        charge["payment_method_details"]["card"]["last4"] = saved["card"]["last4"]
    if status == "failed":
        charge.update(failure_code="card_declined", failure_message="Your card has insufficient funds.")
    world.store.put(charge, {})
    return charge


def _outcome(method: str, *, declined: bool) -> Json:
    outcome: Json = {
        "advice_code": "try_again_later" if declined else None,
        "network_advice_code": None,
        "network_decline_code": "51" if declined else None,
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": "insufficient_funds" if declined else None,
        "seller_message": "The bank returned the decline code `insufficient_funds`."
        if declined
        else "Payment complete.",
        "type": "issuer_declined" if declined else "authorized",
    }
    if method == "card":
        outcome.update(risk_level="normal", risk_score=12)
    return outcome


def _details(method: str, amount: int) -> Json:
    if method == "sepa_debit":
        return {
            "bank_code": "05428",
            "branch_code": "11101",
            "country": "IT",
            "expected_debit_date": None,
            "fingerprint": "Qv7rJ9mS8kE3pX2a",
            "last4": "3456",
            "mandate": new_id("mandate"),
        }
    return _card(amount) if method == "card" else {}


def _card(amount: int) -> Json:
    return {
        "amount_authorized": amount,
        "authorization_code": "483721",
        "brand": "visa",
        "checks": {
            "address_line1_check": "pass",
            "address_postal_code_check": "pass",
            "cvc_check": "pass",
        },
        "country": "IT",
        "exp_month": 11,
        "exp_year": 2029,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": "b0X1y2Z3a4B5c6D7",
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": "4242",
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": "visa",
        "network_token": {"used": False},
        "network_transaction_id": "104102210141101",
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "regulated",
        "three_d_secure": None,
        "wallet": None,
    }


def retrieve(world: World, identifier: str, param: str = "id", status: int = 404) -> Json:
    """Return a charge; ApiError when there is none."""
    charge = world.store.find(identifier, "charge")
    if charge is None:
        raise missing("charge", identifier, param, status)
    return charge


def method_of(charge: Json) -> str:
    """Return how the charge was paid: card, sepa_debit or customer_balance."""
    return str(charge["payment_method_details"]["type"])
