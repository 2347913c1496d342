"""Payment intents: one per Checkout Session in which a payment was tried."""

from sandbox.stripe import events
from sandbox.stripe.errors import missing
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.listings import Listing, body_filter
from sandbox.stripe.world import World

LISTING = Listing(
    url="/v1/payment_intents",
    kind="payment_intent",
    label="payment_intent",
    filters={"customer": body_filter("customer")},
)

_EMPTY = (
    "allowed_payment_method_types", "application", "application_fee_amount",
    "automatic_payment_methods", "canceled_at", "cancellation_reason", "customer_account",
    "excluded_payment_method_types", "hooks", "last_payment_error", "latest_charge",
    "next_action", "on_behalf_of", "payment_details", "payment_method",
    "payment_method_configuration_details", "payment_record", "presentment_details", "processing",
    "review", "setup_future_usage", "shipping", "source", "statement_descriptor",
    "statement_descriptor_suffix", "transfer_data", "transfer_group",
)  # fmt: skip

_CARD_OPTIONS = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}


def of_session(world: World, session: Json, method: str) -> Json:
    """Return the intent of a session, created at the first try as Stripe does.

    Its metadata is what ``payment_intent_data`` carried; the session's own is not copied.
    """
    note = world.store.note(session["id"])
    if "intent" in note:
        intent = world.store.get(note["intent"])
        _use(intent, method)
        return intent
    email = (session["customer_details"] or {}).get("email")
    data = {"receipt_email": email, **note["intent_data"]}
    intent = _fresh(world, session["amount_total"], session["customer"], data)
    _use(intent, method)
    world.store.put(intent, {"session": session["id"]})
    world.store.put(session, {**note, "intent": intent["id"]})
    events.record(world, "payment_intent.created", intent)
    return intent


def of_saved_card(world: World, params: Json, method: Json) -> Json:
    """Return a new intent that charges a saved card."""
    intent = _fresh(world, params["amount"], params["customer"], params)
    _use(intent, "card")
    intent.update(payment_method=method["id"], confirmation_method="automatic")
    world.store.put(intent, {})
    events.record(world, "payment_intent.created", intent)
    return intent


def _fresh(world: World, amount: int, customer: str | None, data: Json) -> Json:
    identifier = new_id("pi")
    return {
        **dict.fromkeys(_EMPTY),
        "id": identifier,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{identifier}_secret_{new_id('x')[2:]}",
        "confirmation_method": "automatic",
        "created": world.clock.now(),
        "currency": "eur",
        "customer": customer,
        "description": data.get("description"),
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": data.get("metadata") or {},
        "payment_method_options": {},
        "payment_method_types": [],
        "receipt_email": data.get("receipt_email"),
        "statement_descriptor": data.get("statement_descriptor"),
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
    }


def _use(intent: Json, method: str) -> None:
    intent["payment_method_types"] = [method]
    intent["payment_method_options"] = {method: dict(_CARD_OPTIONS) if method == "card" else {}}
    intent["payment_method"] = None


def retrieve(world: World, identifier: str) -> Json:
    """Return a payment intent; ApiError when there is none."""
    intent = world.store.find(identifier, "payment_intent")
    if intent is None:
        raise missing("payment_intent", identifier)
    return intent


def session_of(world: World, intent: str) -> Json:
    """Return the Checkout Session in which the intent was made."""
    return world.store.get(world.store.note(intent)["session"])
