"""Transfers at Stripe: money that came in over what was asked, or matched nothing.

The shop offers no transfers through Stripe; should one arrive all the same, a person looks.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.database import JsonObject
from foundation.events import Subject
from shop.payments.attempts import StripeCustomer
from shop.payments.finance_tasks import Concern, open_task
from shop.payments.seen import UNKNOWN, Verdict
from shop.payments.stripe_facts import fact_id


def excess_at_stripe(session: Session, customer_id: str, facts: JsonObject) -> Verdict:
    """Ask finance to look at the cash balance of a customer; `facts` holds ids and figures only."""
    party_id = session.execute(
        select(StripeCustomer.party_id).where(StripeCustomer.customer_id == customer_id)
    ).scalar()
    if party_id is None:
        return UNKNOWN
    subject = Subject("cash_balance", fact_id(str(facts["movement"])), party_id)
    open_task(session, Concern("cash_balance", subject, facts))
    return Verdict("cash-balance")
