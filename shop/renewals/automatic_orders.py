"""The order of an automatic renewal: seven days before an end, the very one its payer would place with one press."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import RENEW, BillingData, Party, RunningService, check_billing, locked_company, running_services
from foundation import clock
from foundation.jobs import defer, schedule_due
from foundation.principal import Principal
from shop.billing_on_file import billing_on_file
from shop.orders.direct_orders import place_directly
from shop.orders.order_book import CARD, Order
from shop.orders.placing import CLAUSES, TERMS_VERSION, Placement
from shop.renewals.attempts import (
    BILLING,
    NO_CARD,
    NOT_ORDERABLE,
    NOT_SOLD,
    ORDER_EXISTS,
    PRICE_ROSE,
    SUSPENDED,
    TERMS_CHANGED,
    TOO_LATE,
    RenewalAttempt,
    attempt_for,
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
from shop.renewals.renewal_quotes import RenewalQuote, is_sold, renewal_quote
from shop.renewals.saved_cards import card_of
from shop.renewals.waiting_orders import is_ordered

CHARGE = "renewals.charge"
_MORNING = time(9)


def renew_by_itself(session: Session, company_id: UUID, ends_on: date) -> RenewalAttempt | None:
    """Claim the attempt for an end, place its order and have it charged by a job; None where nothing is to be done.

    That is so without a mandate of whoever pays now that was given before the day, when the base has been renewed or
    closed, and while an order to renew is under way: then every morning before the end looks again.
    """
    locked_company(session, company_id)
    mandate = live_mandate(session, company_id, lock=True)
    if mandate is None or not mandate.counts_at(ends_on):
        return None
    if mandate.payer_party_id != payer_id_of(session, company_id):
        end_mandate(session, mandate, PAYER_CHANGED)
        return None
    running = running_services(session, company_id, clock.today())
    base = running.base
    if base is None or base.ends_on != ends_on or attempt_for(session, base.licence_id, ends_on) is not None:
        return None
    end = _End(mandate, base, running.base_state, renewal_quote(session, mandate.payer_party_id, company_id))
    ordered = is_ordered(session, company_id, end.services)
    if ordered and _looks_again(session, company_id, ends_on):
        return None
    attempt = claim_attempt(session, mandate, base.licence_id, ends_on)
    if attempt is not None:
        _order_or_refuse(session, attempt, end, ORDER_EXISTS if ordered else _what_stands_in_the_way(session, end))
    return attempt


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a base service, whose mandate it is under, and what renewing would cost; no quote where it cannot."""

    mandate: RenewalMandate
    base: RunningService
    base_state: str
    quote: RenewalQuote | None

    @property
    def services(self) -> tuple[RunningService, ...]:
        """What would be renewed."""
        return self.quote.ending if self.quote else (self.base,)


def _looks_again(session: Session, company_id: UUID, ends_on: date) -> bool:
    """Ask for another look tomorrow morning; answers False when the end comes first."""
    tomorrow = clock.today() + timedelta(days=1)
    if tomorrow >= ends_on:
        return False
    at, period = datetime.combine(tomorrow, _MORNING, clock.ROME), f"{ends_on.isoformat()}/{tomorrow.isoformat()}"
    schedule_due(session, RENEW, company_id, at, period)
    return True


def _order_or_refuse(session: Session, attempt: RenewalAttempt, end: _End, reason: str | None) -> None:
    mandate, quote = end.mandate, end.quote
    billing = check_billing(billing_on_file(session.get_one(Party, mandate.payer_party_id))).data
    if reason is not None or quote is None or billing is None:
        refuse(session, attempt, mandate, reason or BILLING)
        return
    # A catalogue that changes right here has the whole due row roll back: done again, it sees what stands in the way.
    attempt.order_id = _place(session, mandate, attempt, quote, billing).id
    session.flush()
    defer(session, CHARGE, attempt_id=str(attempt.id))


def _what_stands_in_the_way(session: Session, end: _End) -> str | None:
    if end.base_state != "ACTIVE":
        return TOO_LATE
    if end.base.suspended:
        return SUSPENDED
    if end.quote is None:
        return NOT_ORDERABLE if is_sold(session, end.base) else NOT_SOLD
    return _not_as_agreed(session, end.mandate, end.quote)


def _not_as_agreed(session: Session, mandate: RenewalMandate, quote: RenewalQuote) -> str | None:
    if card_of(session, mandate.payer_party_id) is None:
        return NO_CARD
    if mandate.terms_version != TERMS_VERSION:
        return TERMS_CHANGED
    if quote.gross_cents > agreed_cents(session, mandate, quote.base.ends_on):
        return PRICE_ROSE
    return None if quote.priced.orderable else NOT_ORDERABLE


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
