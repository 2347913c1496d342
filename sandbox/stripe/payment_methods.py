"""Payment methods: cards that a customer saved, each with what its bank says when it is charged."""

from sandbox.stripe import customers, events
from sandbox.stripe.errors import conflict, missing
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.world import World

WORKS, DECLINED, ASKING = "works", "card_declined", "authentication_required"
# The last digits of Stripe's own test cards of each kind.
_LAST4 = {WORKS: "4242", DECLINED: "0341", ASKING: "3184"}


def save_card(world: World, customer: str | None, bank: str) -> Json:
    """Attach a new card to a customer; ``bank`` is what its bank says to every charge nobody is there for."""
    method: Json = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {**customers.contact(world, customer), "tax_id": None},
        "card": _card(_LAST4[bank]),
        "created": world.clock.now(),
        "customer": customer,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
    world.store.put(method, {"bank": bank})
    events.record(world, "payment_method.attached", method)
    return method


def _card(last4: str) -> Json:
    checks = ("address_line1_check", "address_postal_code_check", "cvc_check")
    return {
        "brand": "visa",
        "checks": {**dict.fromkeys(checks), "cvc_check": "pass"},
        "country": "IT",
        "display_brand": "visa",
        "exp_month": 11,
        "exp_year": 2029,
        "fingerprint": new_id("x", 16)[2:],
        "funding": "credit",
        "generated_from": None,
        "last4": last4,
        "networks": {"available": ["visa"], "preferred": None},
        "regulated_status": "regulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def bank_says(world: World, identifier: str) -> str:
    """Return what the bank of a saved card says to a charge."""
    return str(world.store.note(identifier)["bank"])


def retrieve(world: World, identifier: str, param: str = "id", status: int = 404) -> Json:
    """Return a payment method; ApiError when there is none."""
    method = world.store.find(identifier, "payment_method")
    if method is None:
        raise missing("PaymentMethod", identifier, param, status)
    return method


def detach(world: World, identifier: str) -> Json:
    """Take a card from its customer, for good; ApiError for one that belongs to nobody."""
    method = retrieve(world, identifier)
    if method["customer"] is None:
        raise conflict(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    before, method["customer"] = method["customer"], None
    world.store.put(method)
    events.record(world, "payment_method.detached", method, {"customer": before})
    return method
