"""Reconcile: bring our books in line with an object of Stripe, in one transaction. The object decides, never the event.

Everything here is a function of what has been seen, not of the order in which it was seen: facts are a union (M27),
figures are assigned, effects carry unique keys.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

from foundation.settings import current_settings
from shop.payments.charges import apply_charge
from shop.payments.disputes import apply_dispute
from shop.payments.pages import apply_intent, apply_page
from shop.payments.payouts import apply_payout
from shop.payments.refunds import apply_refund
from shop.payments.seen import SAVES_A_CARD, Kind, Seen, Verdict, belongs_elsewhere
from shop.renewals.card_setup import apply_setup

_APPLY: dict[Kind, Callable[[Session, Seen], Verdict]] = {
    "checkout_session": lambda session, seen: _page(seen)(session, seen),
    "payment_intent": apply_intent,
    "setup_intent": apply_setup,
    "charge": apply_charge,
    "refund": apply_refund,
    "dispute": apply_dispute,
    "payout": apply_payout,
}


def _page(seen: Seen) -> Callable[[Session, Seen], Verdict]:
    return apply_setup if seen.body.get("mode") == SAVES_A_CARD else apply_page


def reconcile(session: Session, seen: Seen) -> Verdict:
    """Apply what was seen; answers what became of it. Applying it again changes nothing. Raises Overtaken."""
    settings = current_settings()
    elsewhere = belongs_elsewhere(seen, settings.shop_env, livemode=settings.livemode)
    return Verdict(elsewhere) if elsewhere else _APPLY[seen.kind](session, seen)
