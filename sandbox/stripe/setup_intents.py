"""Setup intents: cards typed on a page in setup mode, to be charged later when nobody is there."""

from sandbox.stripe import events, payment_methods
from sandbox.stripe.errors import missing
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.world import World

_EMPTY = (
    "allowed_payment_method_types", "application", "attach_to_self", "automatic_payment_methods",
    "cancellation_reason", "customer_account", "description", "excluded_payment_method_types", "flow_directions",
    "last_setup_error", "latest_attempt", "mandate", "next_action", "on_behalf_of",
    "payment_method_configuration_details", "single_use_mandate",
)  # fmt: skip


def of_session(world: World, session: Json, bank: str) -> Json:
    """Return the intent of a session whose card was typed and saved.

    Its metadata is what ``setup_intent_data`` carried; the session's own is not copied.
    """
    data = world.store.note(session["id"])["intent_data"]
    identifier = new_id("seti")
    intent: Json = {
        **dict.fromkeys(_EMPTY),
        "id": identifier,
        "object": "setup_intent",
        "client_secret": f"{identifier}_secret_{new_id('x')[2:]}",
        "created": world.clock.now(),
        "customer": session["customer"],
        "description": data.get("description"),
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": data.get("metadata", {}),
        "payment_method": None,
        "payment_method_options": {"card": {"mandate_options": None, "network": None,
                                            "request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
    }  # fmt: skip
    world.store.put(intent)
    events.record(world, "setup_intent.created", intent)
    intent.update(status="succeeded", payment_method=payment_methods.save_card(world, session["customer"], bank)["id"])
    world.store.put(intent)
    events.record(world, "setup_intent.succeeded", intent)
    return intent


def retrieve(world: World, identifier: str) -> Json:
    """Return a setup intent; ApiError when there is none."""
    intent = world.store.find(identifier, "setup_intent")
    if intent is None:
        raise missing("setupintent", identifier)
    return intent
