"""Saving a card: the hosted page on which the gateway takes it, and what its letter brings back to the shop."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.database import JsonObject, transaction
from foundation.ids import new_id
from foundation.settings import current_settings
from shop.payments.attempts import StripeCustomer
from shop.payments.customers import customer_of
from shop.payments.gateway import GatewayRefused, HostedPage, PaymentGateway
from shop.payments.parameters import PAGE_LANGUAGE
from shop.payments.seen import UNKNOWN, Seen, Verdict
from shop.renewals.saved_cards import CardFacts, SavedCard, keep_card


def open_card_page(party_id: UUID, back: str, gateway: PaymentGateway) -> HostedPage:
    """The page on which a payer types their card (edge); `back` is the path it leads to afterwards.

    It moves no money, so every press makes a page of its own. Raises GatewayUnavailable, GatewayRefused.
    """
    settings = current_settings()
    metadata = {"party_id": str(party_id), "shop_env": settings.shop_env}
    parameters: JsonObject = {
        "mode": "setup",
        "ui_mode": "hosted_page",
        "locale": PAGE_LANGUAGE,
        "customer": customer_of(party_id, gateway),
        "currency": "eur",
        "allowed_payment_method_types": ["card"],
        "metadata": metadata,
        # Stripe does not copy the page's metadata to the setup intent.
        "setup_intent_data": {"metadata": dict(metadata)},
        "success_url": f"{settings.public_url}{back}?carta={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{settings.public_url}{back}",
    }
    return gateway.create_checkout_session(f"card-{new_id()}", parameters)


def apply_setup(session: Session, seen: Seen) -> Verdict:
    """Keep the card of a setup intent read anew, or of the page it belongs to; answers what became of it.

    The card belongs to the customer the gateway names, whom we made for one party: what the metadata say must agree.
    """
    intent = seen.body if seen.kind == "setup_intent" else seen.beside
    if intent is None or intent["status"] != "succeeded":
        return Verdict("no-card")
    party_id = _party(intent)
    customer = session.get(StripeCustomer, party_id, with_for_update=True) if party_id else None
    card = _card(intent)
    if customer is None or card is None or customer.customer_id != intent.get("customer"):
        return UNKNOWN
    return Verdict("card-saved" if keep_card(session, customer.party_id, card) else "card-saved-before")


def _party(intent: JsonObject) -> UUID | None:
    try:
        return UUID(intent.get("metadata", {}).get("party_id", ""))
    except ValueError:
        return None


def _card(intent: JsonObject) -> CardFacts | None:
    method = intent.get("payment_method")
    shown = method.get("card") if isinstance(method, dict) else None
    if not isinstance(method, dict) or not isinstance(shown, dict):
        return None
    return CardFacts(
        payment_method_id=str(method["id"]),
        brand=str(shown["brand"]),
        last4=str(shown["last4"]),
        exp_month=int(shown["exp_month"]),
        exp_year=int(shown["exp_year"]),
        set_up_at=datetime.fromtimestamp(int(intent["created"]), UTC),
    )


def detach_card(card_id: UUID, gateway: PaymentGateway) -> None:
    """Have the gateway forget a card that was removed here (edge); one that it does not know is forgotten already."""
    with transaction() as session:
        card = session.get_one(SavedCard, card_id)
    if card.removed_at is None:
        return
    try:
        gateway.forget_card(card.payment_method_id)
    except GatewayRefused as refusal:
        if refusal.code not in _FORGOTTEN:
            raise


_FORGOTTEN = frozenset({"resource_missing", "InvalidRequestError"})
"""A card that is attached to nobody is refused without a code of its own."""
