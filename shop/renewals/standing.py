"""How the automatic renewal of a company stands, for whoever pays: on or off, the card, how the last try ended."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import renews_at, schedule_renewal
from foundation import clock
from foundation.principal import Principal
from shop.orders.order_book import Order
from shop.renewals.attempts import TOLD, RenewalAttempt, attempt_for
from shop.renewals.mandate_text import CLAUSES
from shop.renewals.mandates import (
    SWITCHED_OFF,
    Consent,
    RenewalMandate,
    agreed_cents,
    end_mandate,
    end_mandates_of,
    give_mandate,
    live_mandate,
    mandate_in_force,
    payer_id_of,
)
from shop.renewals.payer_mails import write_to_payer
from shop.renewals.renewal_quotes import RenewalQuote, renewal_quote
from shop.renewals.saved_cards import SavedCard, card_of, remove_card
from shop.renewals.waiting_orders import is_ordered


class NotThePayer(Exception):
    """Only whoever pays for a company's services decides on their renewal (D14)."""


class NothingToRenew(Exception):
    """No active base service of this company can be renewed."""


@dataclass(frozen=True, slots=True)
class RenewalStanding:
    """What a payer sees: the renewal at the prices of today, their mandate and card, and how the last try ended.

    `agreed_cents` is the most that will be charged at this end; `order` waits for its payment after a refused try;
    `waits` says whether the day has come and an order to renew is still under way: every morning looks again.
    """

    quote: RenewalQuote | None
    mandate: RenewalMandate | None
    card: SavedCard | None
    attempt: RenewalAttempt | None
    order: Order | None
    agreed_cents: int
    waits: bool

    @property
    def price_rose(self) -> bool:
        """Whether it costs more than was agreed, so that nothing will be charged."""
        return self.mandate is not None and self.quote is not None and self.quote.gross_cents > self.agreed_cents

    @property
    def suspended(self) -> bool:
        """Whether a case holds the base back, so that nothing will be charged (D10)."""
        return self.quote is not None and self.quote.base.suspended

    @property
    def too_late(self) -> bool:
        """Whether the day of this end's renewal has passed: it counts from the next end on."""
        return self.quote is not None and renews_at(self.quote.base.ends_on) <= clock.now()

    @property
    def refused(self) -> str | None:
        """Why nothing was charged at this end, when the payer has something to do about it."""
        return self.attempt.reason if self.attempt and self.attempt.reason in TOLD else None


def renewal_standing(session: Session, payer_id: UUID, company_id: UUID) -> RenewalStanding:
    """How the renewal of a company stands for its payer. Raises NotThePayer."""
    if payer_id_of(session, company_id) != payer_id:
        raise NotThePayer
    quote = renewal_quote(session, payer_id, company_id)
    mandate = mandate_in_force(session, company_id)
    attempt = attempt_for(session, quote.base.licence_id, quote.base.ends_on) if quote else None
    order = session.get(Order, attempt.order_id) if attempt and attempt.order_id else None
    return RenewalStanding(
        quote=quote,
        mandate=mandate,
        card=card_of(session, payer_id),
        attempt=attempt,
        order=order if order and order.state == "AWAITING_PAYMENT" else None,
        agreed_cents=agreed_cents(session, mandate, quote.base.ends_on) if mandate and quote else 0,
        waits=attempt is None and _waits(session, mandate, quote),
    )


def _waits(session: Session, mandate: RenewalMandate | None, quote: RenewalQuote | None) -> bool:
    if mandate is None or quote is None or renews_at(quote.base.ends_on) > clock.now():
        return False
    return mandate.counts_at(quote.base.ends_on) and is_ordered(session, mandate.company_id, quote.ending)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a payer had in view when they agreed: the text's version, the total and the end, and their language."""

    text_version: str
    gross_cents: int
    ends_on: date
    locale: str


def switch_on(session: Session, company_id: UUID, shown: Shown, by: Principal) -> bool:
    """Record the consent of whoever pays; answers False when it is on already.

    Raises NotThePayer, NothingToRenew, MandateTextChanged.
    """
    payer_id = _payer(session, company_id, by)
    quote = renewal_quote(session, payer_id, company_id)
    if quote is None:
        raise NothingToRenew
    consent = Consent(company_id, shown.text_version, shown.locale, shown.gross_cents, shown.ends_on)
    fresh = give_mandate(session, payer_id, consent, by)
    schedule_renewal(session, company_id, quote.base.ends_on)
    if fresh:
        _confirm(session, company_id)
    return fresh


def _confirm(session: Session, company_id: UUID) -> None:
    """What was agreed to goes to the payer, so that they have it, and hear of it if it was not them."""
    mandate = live_mandate(session, company_id)
    if mandate is not None:
        shown = {"gross_cents": mandate.shown_gross_cents, "clauses": list(CLAUSES)}
        write_to_payer(session, mandate, "renewal_on", mandate.shown_ends_on, str(mandate.id), **shown)


def switch_off(session: Session, company_id: UUID, by: Principal) -> bool:
    """Stop the automatic renewal of a company, at once; answers False when it was off. Raises NotThePayer."""
    payer_id = _payer(session, company_id, by)
    mandate = live_mandate(session, company_id, lock=True)
    if mandate is None or mandate.payer_party_id != payer_id:
        return False
    end_mandate(session, mandate, SWITCHED_OFF, by)
    return True


def take_card_away(session: Session, by: Principal) -> bool:
    """Forget the card of whoever asks, and with it every renewal it would have paid; False when there is none.

    Raises NotThePayer.
    """
    if by.party_id is None:
        raise NotThePayer
    end_mandates_of(session, by.party_id, by)
    return remove_card(session, by.party_id, by)


def _payer(session: Session, company_id: UUID, by: Principal) -> UUID:
    if by.party_id is None or payer_id_of(session, company_id) != by.party_id:
        raise NotThePayer
    return by.party_id
