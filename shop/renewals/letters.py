"""What the letters about an end say of the automatic renewal: on which day, with which card, how much, or why not."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import along_with_expiring, renews_at
from foundation import clock
from foundation.database import JsonObject
from shop.renewals.attempts import attempt_for
from shop.renewals.mandates import RenewalMandate, agreed_cents, announce, mandate_in_force
from shop.renewals.renewal_quotes import RenewalQuote, left_out_by_name, renewal_quote
from shop.renewals.saved_cards import card_of

ANNOUNCED_BEFORE = 30
"""The letter so many days before an end says what will be charged."""
BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}


@along_with_expiring
def renewal_along(session: Session, company_id: UUID, ends_on: date, before: int) -> JsonObject:
    """What a letter about an end says besides: nothing where nobody agreed, or once its day has come."""
    mandate = mandate_in_force(session, company_id)
    quote = renewal_quote(session, mandate.payer_party_id, company_id) if mandate else None
    if mandate is None or quote is None or quote.base.ends_on != ends_on:
        return {}
    if renews_at(ends_on) <= clock.now() or attempt_for(session, quote.base.licence_id, ends_on) is not None:
        return {}
    if before == ANNOUNCED_BEFORE:
        announce(session, mandate, ends_on, quote.gross_cents)
    return {"renewal": _told(session, mandate, quote)}


def _told(session: Session, mandate: RenewalMandate, quote: RenewalQuote) -> JsonObject:
    card = card_of(session, mandate.payer_party_id)
    return {
        "on": quote.renews_on.isoformat(),
        "card": card_name(card.brand) if card and card.brand else None,
        "last4": card.last4 if card else None,
        "gross_cents": quote.gross_cents,
        "services": [
            {"names": dict(line.product.label.names), "quantity": line.quoted.quantity}
            for line in quote.priced.lines
            if line.product is not None
        ],
        "left_out": left_out_by_name(session, mandate.company_id, quote),
        "suspended": quote.base.suspended,
        "rose": quote.gross_cents > agreed_cents(session, mandate, quote.base.ends_on),
    }


def card_name(brand: str) -> str:
    """How a brand writes itself."""
    return BRANDS.get(brand, brand.replace("_", " ").title())
