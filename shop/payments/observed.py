"""What an object of Stripe says about an attempt: pure readings of a Checkout Session or payment intent (M27)."""

from foundation.database import JsonObject
from shop.payments.attempt_states import AttemptFacts

_PAID = frozenset({"paid", "no_payment_required"})


REFUSAL = "checkout.session.async_payment_failed"


def facts_of_page(page: JsonObject, told: str = "") -> AttemptFacts:
    """The facts a Checkout Session shows, with its payment intent read at the same moment inside.

    `complete` alone means nothing: a debit or a transfer that was only announced is complete and unpaid. `told` is the
    event that made us look: that a debit was refused is believed when the page, read anew, is still unpaid.
    """
    intent = page.get("payment_intent")
    intent_status = intent["status"] if isinstance(intent, dict) else None
    status, paid = page["status"], page["payment_status"] in _PAID
    if status == "complete":
        refused = intent_status == "requires_payment_method" or told == REFUSAL
        return AttemptFacts(
            paid=paid,
            # After a refused debit the intent asks for another method, while the page stays complete and unpaid.
            debit_refused=not paid and refused,
            cancelled=not paid and intent_status == "canceled",
            awaiting=not paid and not refused and intent_status != "canceled",
        )
    # On an open page a declined card, a bank's question or a cancelled try is not the end.
    return AttemptFacts(expired=status == "expired", cancelled=status == "expired" and intent_status == "canceled")


def facts_of_intent(intent: JsonObject) -> AttemptFacts:
    """The facts an intent shows where its page is unknown: only money and its definitive end count."""
    return AttemptFacts(paid=intent["status"] == "succeeded", cancelled=intent["status"] == "canceled")


def intent_id(page: JsonObject) -> str | None:
    """The id of a page's payment intent, whether it was read with it or only named."""
    intent = page.get("payment_intent")
    return intent["id"] if isinstance(intent, dict) else intent


def amount_remaining(intent: object) -> int | None:
    """What a transfer through Stripe still lacks, in cents; None where no transfer is under way."""
    action = intent.get("next_action") if isinstance(intent, dict) else None
    shown = action.get("display_bank_transfer_instructions") if isinstance(action, dict) else None
    return int(shown["amount_remaining"]) if isinstance(shown, dict) else None
