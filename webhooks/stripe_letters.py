"""Opening a letter from Stripe, the second stage: is it ours, look at the object anew, reconcile in one transaction."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from foundation.database import looking, transaction
from foundation.faults import fault_point
from foundation.jobs import RetryLater, job
from foundation.logs import log
from foundation.settings import current_settings
from shop import (
    GatewayRefused,
    GatewayUnavailable,
    Overtaken,
    PaymentGateway,
    Seen,
    Verdict,
    excess_at_stripe,
    look,
    reconcile,
)
from webhooks.inbox import Letter, close_letter, open_letter
from webhooks.stripe_hints import CASH_BALANCE, LOOKED_AT, Hint, known_at_sight

_GONE = "resource_missing"
_MOST_LOOKS = 3
_SILENCE_PAUSE = timedelta(seconds=30)


def gateway() -> PaymentGateway:
    """The payment gateway this application was built with."""
    found: PaymentGateway = current_app.extensions["gettone.gateway"]
    return found


@job("letters.stripe")
def open_stripe_letter(letter_id: str) -> None:
    """Handle one stored letter; whatever goes wrong leaves it unhandled, to be tried again."""
    handle_letter(UUID(letter_id), gateway())


def handle_letter(letter_id: UUID, source: PaymentGateway) -> Verdict:
    """Look and reconcile until nothing overtakes; answers the verdict. Raises RetryLater while Stripe is silent."""
    for _ in range(_MOST_LOOKS):
        with looking() as session:
            letter = session.get_one(Letter, letter_id)
        if letter.handled_at is not None:
            return Verdict(letter.verdict or "handled")
        hint = Hint.from_row(letter.external_id, letter.type, letter.payload)
        seen = _look(hint, source)
        fault_point("letter.looked")
        try:
            return _close(letter_id, hint, seen)
        except Overtaken:
            continue
    raise RetryLater("overtaken")


def _look(hint: Hint, source: PaymentGateway) -> Seen | Verdict:
    """The object the hint names, read anew; or the verdict when there is nothing to look at."""
    at_sight = known_at_sight(hint, livemode=current_settings().livemode)
    if at_sight is not None:
        return Verdict(at_sight)
    if hint.type == CASH_BALANCE or hint.object_id is None:
        return Verdict("logged")
    try:
        return replace(look(source, LOOKED_AT[hint.type], hint.object_id), told=hint.type)
    except GatewayUnavailable as silence:
        raise RetryLater("gateway unavailable", _SILENCE_PAUSE) from silence
    except GatewayRefused as refusal:
        if refusal.code != _GONE:
            raise
        return Verdict("no-such-object")


def _close(letter_id: UUID, hint: Hint, seen: Seen | Verdict) -> Verdict:
    """Effects and the mark "handled" commit together. Raises Overtaken."""
    with transaction() as session:
        letter = open_letter(session, str(letter_id))
        if letter is None:
            return Verdict("handled")
        verdict = _apply(session, hint, seen)
        close_letter(letter, verdict.word)
    order = str(verdict.order_id) if verdict.order_id else None
    log().info("stripe letter", event_id=hint.event_id, event_type=hint.type, subject_id=order, verdict=verdict.word)
    return verdict


def _apply(session: Session, hint: Hint, seen: Seen | Verdict) -> Verdict:
    if isinstance(seen, Seen):
        return reconcile(session, seen)
    if hint.type == CASH_BALANCE and seen.word == "logged" and hint.object_id is not None:
        return excess_at_stripe(session, hint.extra["customer"], hint.extra | {"movement": hint.object_id})
    return seen
