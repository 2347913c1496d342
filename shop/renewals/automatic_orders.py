"""The order of an automatic renewal: seven days before an end, the very one its payer would place with one press."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from entitlements import BillingData, Party, RunningService, check_billing, locked_company
from foundation.jobs import defer
from foundation.principal import Principal
from shop.billing_on_file import billing_on_file
from shop.orders.direct_orders import place_directly
from shop.orders.order_book import CARD, Order, OrderLine
from shop.orders.placing import CLAUSES, TERMS_VERSION, Placement
from shop.renewals.attempts import (
    BILLING,
    NO_CARD,
    NOT_ORDERABLE,
    ORDER_EXISTS,
    PRICE_ROSE,
    SUSPENDED,
    TERMS_CHANGED,
    RenewalAttempt,
    claim_attempt,
)
from shop.renewals.mandates import (
    PAYER_CHANGED,
    RenewalMandate,
    agreed_cents,
    end_mandate,
    live_mandate,
    payer_id_of,
)
from shop.renewals.outcomes import refuse
from shop.renewals.renewal_quotes import RenewalQuote, renewal_quote
from shop.renewals.saved_cards import card_of

CHARGE = "renewals.charge"
_OPEN = ("AWAITING_PAYMENT", "PAID", "ON_HOLD")


def renew_by_itself(session: Session, company_id: UUID, ends_on: date) -> RenewalAttempt | None:
    """Claim the attempt for an end, place its order and have it charged by a job; None where nothing is to be done.

    That is so without a mandate of whoever pays now, and when the base has been renewed or has ended already.
    """
    locked_company(session, company_id)
    mandate = live_mandate(session, company_id, lock=True)
    if mandate is None:
        return None
    if mandate.payer_party_id != payer_id_of(session, company_id):
        end_mandate(session, mandate, PAYER_CHANGED)
        return None
    quote = renewal_quote(session, mandate.payer_party_id, company_id)
    if quote is None or quote.base.ends_on != ends_on:
        return None
    attempt = claim_attempt(session, mandate, quote.base.licence_id, ends_on)
    if attempt is not None:
        _order_or_refuse(session, mandate, attempt, quote)
    return attempt


def _order_or_refuse(session: Session, mandate: RenewalMandate, attempt: RenewalAttempt, quote: RenewalQuote) -> None:
    payer = session.get_one(Party, mandate.payer_party_id)
    billing = check_billing(billing_on_file(payer)).data
    reason = _what_stands_in_the_way(session, mandate, quote, ends_on=attempt.ends_on)
    if reason is None and billing is None:
        reason = BILLING
    if reason is not None or billing is None:
        refuse(session, attempt, mandate, reason or BILLING)
        return
    # A catalogue that changes right here has the whole due row roll back: done again, it sees what stands in the way.
    attempt.order_id = _place(session, mandate, attempt, quote, billing).id
    session.flush()
    defer(session, CHARGE, attempt_id=str(attempt.id))


def _what_stands_in_the_way(
    session: Session, mandate: RenewalMandate, quote: RenewalQuote, ends_on: date
) -> str | None:
    if _is_ordered(session, mandate.company_id, quote.ending):
        return ORDER_EXISTS
    if quote.base.suspended:
        return SUSPENDED
    if card_of(session, mandate.payer_party_id) is None:
        return NO_CARD
    if mandate.terms_version != TERMS_VERSION:
        return TERMS_CHANGED
    if quote.gross_cents > agreed_cents(session, mandate, ends_on):
        return PRICE_ROSE
    return None if quote.priced.orderable else NOT_ORDERABLE


def _is_ordered(session: Session, company_id: UUID, services: Sequence[RunningService]) -> bool:
    """Whether an order that renews one of these services, or fewer of a lot, waits for its money, or has it."""
    ids = [str(one.licence_id) for one in services]
    renewed = and_(OrderLine.term["action"].astext == "RENEW", OrderLine.term["licence_id"].astext.in_(ids))
    query = (
        select(Order.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.for_party_id == company_id, Order.state.in_(_OPEN))
        .where(or_(renewed, OrderLine.term["replaces"].astext.in_(ids)))
        .limit(1)
    )
    return session.execute(query).first() is not None


def _place(
    session: Session, mandate: RenewalMandate, attempt: RenewalAttempt, quote: RenewalQuote, billing: BillingData
) -> Order:
    """The order under the clauses that were accepted with the mandate; its payer is told once the card was asked."""
    placement = Placement(
        cart_id=attempt.id,
        buyer_party_id=mandate.payer_party_id,
        payment_method=CARD,
        billing=billing,
        accepted_clauses=frozenset(CLAUSES),
        seen_gross_cents=quote.gross_cents,
        locale=mandate.locale,
        tell=False,
    )
    by = Principal(mandate.consented_by_user_id, mandate.payer_party_id, "renewal", locale=mandate.locale)
    return place_directly(session, placement, quote.lines, quote.buyer, by)
