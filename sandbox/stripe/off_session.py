"""Charges of a saved card when nobody is there: confirmed in the call that makes them, paid or refused at once."""

from sandbox.stripe import charges, customers, events, payment_intents, payment_methods
from sandbox.stripe.checkout_sessions import SMALLEST_TOTAL
from sandbox.stripe.errors import CardError, conflict, invalid, not_played
from sandbox.stripe.jsons import Json
from sandbox.stripe.parameters import check_metadata, require
from sandbox.stripe.payments import receive
from sandbox.stripe.settlement import settle_later
from sandbox.stripe.world import World

_PLAYED = {
    "allowed_payment_method_types", "amount", "confirm", "currency", "customer", "description", "expand",
    "metadata", "off_session", "payment_method",
}  # fmt: skip
_MESSAGES = {
    payment_methods.DECLINED: "Your card was declined.",
    payment_methods.ASKING: "Your card was declined. This transaction requires authentication.",
}


def create(world: World, params: Json) -> Json:
    """Charge a saved card; CardError, which leaves the intent behind, when its bank says no."""
    _check(params)
    customers.retrieve(world, require(params, "customer"), "customer", status=400)
    method = payment_methods.retrieve(world, require(params, "payment_method"), "payment_method", status=400)
    if method["customer"] != params["customer"]:
        raise conflict("The customer does not have this payment method.", "resource_missing", "payment_method")
    intent = payment_intents.of_saved_card(world, params, method)
    bank = payment_methods.bank_says(world, method["id"])
    if bank != payment_methods.WORKS:
        raise _refused(world, intent, bank)
    charge = charges.create(world, intent, "card", "succeeded")
    events.record(world, "charge.succeeded", charge)
    receive(world, intent, charge)
    settle_later(world, charge)
    return intent


def _check(params: Json) -> None:
    for name in params:
        if name not in _PLAYED:
            raise not_played(name)
    if params.get("confirm") is not True or params.get("off_session") is not True:
        raise not_played("confirm")
    if require(params, "currency") != "eur":
        raise not_played("currency")
    if require(params, "amount") < SMALLEST_TOTAL:
        raise invalid("Amount must convert to at least 50 cents.", "amount", "amount_too_small")
    if params.get("allowed_payment_method_types", ["card"]) != ["card"]:
        raise not_played("allowed_payment_method_types")
    check_metadata(params.get("metadata") or {})


def _refused(world: World, intent: Json, bank: str) -> CardError:
    asking = bank == payment_methods.ASKING
    code, decline = (bank, bank) if asking else ("card_declined", "generic_decline")
    charge = charges.create(world, intent, "card", "failed")
    charge.update(failure_code=code, failure_message=_MESSAGES[bank])
    world.store.put(charge)
    error = {
        "charge": charge["id"],
        "code": code,
        "decline_code": decline,
        "doc_url": f"https://docs.stripe.com/error-codes/{code.replace('_', '-')}",
        "message": _MESSAGES[bank],
        "payment_method": payment_methods.retrieve(world, intent["payment_method"]),
        "type": "card_error",
    }
    intent.update(
        status="requires_payment_method", payment_method=None, latest_charge=charge["id"], last_payment_error=error
    )
    world.store.put(intent)
    events.record(world, "charge.failed", charge)
    events.record(world, "payment_intent.payment_failed", intent)
    return CardError(error, intent)
