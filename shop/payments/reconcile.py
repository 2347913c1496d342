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
from shop.payments.seen import Kind, Seen, Verdict, belongs_elsewhere

_APPLY: dict[Kind, Callable[[Session, Seen], Verdict]] = {
    "checkout_session": apply_page,
    "payment_intent": apply_intent,
    "charge": apply_charge,
    "refund": apply_refund,
    "dispute": apply_dispute,
    "payout": apply_payout,
}


def reconcile(session: Session, seen: Seen) -> Verdict:
    """Apply what was seen; answers what became of it. Applying it again changes nothing. Raises Overtaken."""
    settings = current_settings()
    elsewhere = belongs_elsewhere(seen, settings.shop_env, livemode=settings.livemode)
    return Verdict(elsewhere) if elsewhere else _APPLY[seen.kind](session, seen)
