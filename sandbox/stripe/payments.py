"""The buyer's side: what a button of the hosted page sets in motion, and what follows later."""

from sandbox.stripe import charges, events, payment_intents, setup_intents
from sandbox.stripe.errors import conflict
from sandbox.stripe.identifiers import new_id
from sandbox.stripe.jsons import Json
from sandbox.stripe.settlement import settle_later
from sandbox.stripe.world import World


class SessionClosed(Exception):
    """The Checkout Session is no longer open: nothing can be paid in it."""


def _complete(world: World, session: Json, status: str, intent: str | None) -> Json:
    session.update(status="complete", payment_status=status, payment_intent=intent, url=None)
    world.store.put(session)
    events.record(world, "checkout.session.completed", session)
    return session


def _begin(session: Json, method: str) -> None:
    if session["status"] != "open":
        raise SessionClosed(session["id"])
    if method not in session["payment_method_types"] or not session["amount_total"]:
        raise conflict(f"This Checkout Session does not accept {method}.")


def pay_nothing(world: World, session: Json) -> Json:
    """Confirm a session whose total is zero: complete, with no payment intent."""
    if session["status"] != "open":
        raise SessionClosed(session["id"])
    if session["mode"] != "payment" or session["amount_total"] != 0:
        raise conflict("This Checkout Session has an amount to pay.")
    return _complete(world, session, "no_payment_required", None)


def save_card(world: World, session: Json, bank: str) -> Json:
    """Type a card on a page in setup mode; ``bank`` is what will be said when it is charged."""
    if session["status"] != "open":
        raise SessionClosed(session["id"])
    if session["mode"] != "setup":
        raise conflict("This Checkout Session takes a payment.")
    intent = setup_intents.of_session(world, session, bank)
    session["setup_intent"] = intent["id"]
    return _complete(world, session, "no_payment_required", None)


def pay_card(world: World, session: Json) -> Json:
    """Pay by a card that works: the money is certain at once."""
    _begin(session, "card")
    intent = payment_intents.of_session(world, session, "card")
    charge = charges.create(world, intent, "card", "succeeded")
    events.record(world, "charge.succeeded", charge)
    receive(world, intent, charge)
    _complete(world, session, "paid", intent["id"])
    settle_later(world, charge)
    return session


def decline_card(world: World, session: Json) -> Json:
    """Try a card without funds: the session stays open for another card."""
    _begin(session, "card")
    intent = payment_intents.of_session(world, session, "card")
    charge = charges.create(world, intent, "card", "failed")
    intent.update(
        status="requires_payment_method",
        latest_charge=charge["id"],
        last_payment_error={
            "advice_code": "try_again_later",
            "charge": charge["id"],
            "code": "card_declined",
            "decline_code": "insufficient_funds",
            "doc_url": "https://docs.stripe.com/error-codes/card-declined",
            "message": "Your card has insufficient funds.",
            "network_decline_code": "51",
            "type": "card_error",
        },
    )
    world.store.put(intent)
    events.record(world, "charge.failed", charge)
    events.record(world, "payment_intent.payment_failed", intent)
    return session


def pay_sepa(world: World, session: Json) -> Json:
    """Authorise a SEPA debit: the order is confirmed, the money is not there yet."""
    _begin(session, "sepa_debit")
    intent = payment_intents.of_session(world, session, "sepa_debit")
    charge = charges.create(world, intent, "sepa_debit", "pending")
    intent.update(
        status="processing",
        latest_charge=charge["id"],
        payment_method=charge["payment_method"],
        last_payment_error=None,
    )
    world.store.put(intent)
    events.record(world, "payment_intent.processing", intent)
    events.record(world, "charge.pending", charge)
    return _complete(world, session, "unpaid", intent["id"])


def pay_bank_transfer(world: World, session: Json) -> Json:
    """Choose the bank transfer: the order is confirmed and the buyer gets an IBAN."""
    _begin(session, "customer_balance")
    intent = payment_intents.of_session(world, session, "customer_balance")
    intent.update(
        status="requires_action",
        payment_method=new_id("pm"),
        last_payment_error=None,
        next_action=_instructions(intent["amount"], new_id("x", 8)[2:].upper()),
    )
    world.store.put(intent)
    events.record(world, "payment_intent.requires_action", intent)
    return _complete(world, session, "unpaid", intent["id"])


def _instructions(remaining: int, reference: str) -> Json:
    nowhere = dict.fromkeys(("city", "line1", "line2", "postal_code", "state"))
    iban = {
        "account_holder_address": {**nowhere, "country": "IE"},
        "account_holder_name": "Simulatore",
        "bank_address": {**nowhere, "country": "DE"},
        "bic": "CITIDEFFXXX",
        "country": "DE",
        "iban": "DE89370400440532013000",
    }
    instructions: Json = {
        "amount_remaining": remaining,
        "currency": "eur",
        "financial_addresses": [{"iban": iban, "supported_networks": ["sepa"], "type": "iban"}],
        "hosted_instructions_url": None,
        "reference": reference,
        "type": "eu_bank_transfer",
    }
    kind = "display_bank_transfer_instructions"
    return {"type": kind, kind: instructions}


def receive(world: World, intent: Json, charge: Json) -> None:
    """Mark the intent paid by the charge."""
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        next_action=None,
        latest_charge=charge["id"],
        payment_method=charge["payment_method"],
        last_payment_error=None,
    )
    world.store.put(intent)
    events.record(world, "payment_intent.succeeded", intent)


def funds_arrived(world: World, intent: Json, amount: int | None = None) -> Json:
    """Let the money of an asynchronous payment arrive; ``amount`` in cents, by default all of it.

    Only a bank transfer can arrive in part or in excess. ApiError when nothing is awaited.
    """
    if intent["status"] == "processing":
        charge = world.store.get(intent["latest_charge"])
        charge.update(status="succeeded", paid=True)
        world.store.put(charge)
    elif intent["status"] == "requires_action":
        charge = _bank_transfer_arrived(world, intent, amount)
        if not charge:
            return intent
    else:
        raise conflict("This payment does not wait for money.")
    events.record(world, "charge.succeeded", charge)
    receive(world, intent, charge)
    session = payment_intents.session_of(world, intent["id"])
    session["payment_status"] = "paid"
    world.store.put(session)
    events.record(world, "checkout.session.async_payment_succeeded", session)
    settle_later(world, charge)
    return intent


def _bank_transfer_arrived(world: World, intent: Json, amount: int | None) -> Json:
    """Return the charge when the transfer covers what was left, else an empty object."""
    instructions = intent["next_action"]["display_bank_transfer_instructions"]
    remaining = int(instructions["amount_remaining"])
    arrived = remaining if amount is None else amount
    if arrived < 1:
        raise conflict("The amount must be at least 1 cent.", param="amount")
    if arrived < remaining:
        instructions["amount_remaining"] = remaining - arrived
        world.store.put(intent)
        events.record(world, "payment_intent.partially_funded", intent)
        return {}
    if arrived > remaining:
        _keep_excess(world, intent, arrived, arrived - remaining)
    return charges.create(world, intent, "customer_balance", "succeeded")


def _keep_excess(world: World, intent: Json, arrived: int, excess: int) -> None:
    instructions = intent["next_action"]["display_bank_transfer_instructions"]
    transfer = {
        "eu_bank_transfer": {
            "bic": "BPMOIT22XXX",
            "iban_last4": "3456",
            "sender_name": "STUDIO DI PROVA",
        },
        "reference": instructions["reference"],
        "type": "eu_bank_transfer",
    }
    movement: Json = {
        "id": new_id("ccsbtxn"),
        "object": "customer_cash_balance_transaction",
        "created": world.clock.now(),
        "currency": "eur",
        "customer": intent["customer"] or new_id("cus", 14),
        "customer_account": None,
        "ending_balance": excess,
        "funded": {"bank_transfer": transfer},
        "livemode": False,
        "net_amount": arrived,
        "type": "funded",
    }
    world.store.put(movement)
    events.record(world, "customer_cash_balance_transaction.created", movement)


def debit_refused(world: World, intent: Json) -> Json:
    """Let the bank refuse an authorised debit; ApiError when no debit is under way."""
    if intent["status"] != "processing":
        raise conflict("This payment has no debit under way.")
    charge = world.store.get(intent["latest_charge"])
    charge.update(
        status="failed",
        paid=False,
        failure_code="insufficient_funds",
        failure_message="The customer's bank account has insufficient funds.",
    )
    world.store.put(charge)
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        last_payment_error={
            "charge": charge["id"],
            "code": "payment_intent_payment_attempt_failed",
            "decline_code": "insufficient_funds",
            "message": "The payment failed because the customer's bank account has insufficient funds.",
            "type": "card_error",
        },
    )
    world.store.put(intent)
    session = payment_intents.session_of(world, intent["id"])
    events.record(world, "charge.failed", charge)
    events.record(world, "payment_intent.payment_failed", intent)
    events.record(world, "checkout.session.async_payment_failed", session)
    return intent
