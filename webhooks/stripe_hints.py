"""Hints: what is kept of a letter from Stripe. An event only says where to look, so ids and types are enough.

Snapshot and thin letters become the same thing here; a letter's full content is neither stored nor logged.
"""

import json
import re
from dataclasses import dataclass

from foundation.database import JsonObject
from shop import Kind
from webhooks.stripe_signatures import NotBelieved

SNAPSHOT, THIN = "event", "v2.core.event"
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_TYPE = re.compile(r"[a-z0-9_.]{1,200}")
_THIN_PREFIX = "v1."

CASH_BALANCE = "customer_cash_balance_transaction.created"
# What happens after the look is decided by the object; a type only says which object to look at.
LOOKED_AT: dict[str, Kind] = {
    "checkout.session.completed": "checkout_session",
    "checkout.session.async_payment_succeeded": "checkout_session",
    "checkout.session.async_payment_failed": "checkout_session",
    "checkout.session.expired": "checkout_session",
    "payment_intent.succeeded": "payment_intent",
    "payment_intent.processing": "payment_intent",
    "payment_intent.requires_action": "payment_intent",
    "payment_intent.partially_funded": "payment_intent",
    "payment_intent.canceled": "payment_intent",
    "setup_intent.succeeded": "setup_intent",
    "charge.succeeded": "charge",
    "charge.updated": "charge",
    "charge.refunded": "charge",
    "refund.created": "refund",
    "refund.updated": "refund",
    "refund.failed": "refund",
    "charge.dispute.created": "dispute",
    "charge.dispute.updated": "dispute",
    "charge.dispute.funds_withdrawn": "dispute",
    "charge.dispute.funds_reinstated": "dispute",
    "charge.dispute.closed": "dispute",
    "payout.paid": "payout",
    "payout.reconciliation_completed": "payout",
    "payout.failed": "payout",
}
# One declined card is not the end, and a beginning is no news: these are written down and nothing else.
ONLY_LOGGED = frozenset({"payment_intent.payment_failed", "payment_intent.created", "charge.pending", "payout.created"})
LISTENED_TO = (*LOOKED_AT, CASH_BALANCE)


@dataclass(frozen=True, slots=True)
class Hint:
    """Where a letter tells us to look: its id and type (without the prefix of thin ones), and the object it names."""

    event_id: str
    type: str
    form: str
    livemode: bool
    object_id: str | None
    extra: JsonObject

    def to_json(self) -> JsonObject:
        """What is stored of the letter."""
        return {
            "form": self.form,
            "livemode": self.livemode,
            "object_id": self.object_id,
            "extra": self.extra,
        }

    @classmethod
    def from_row(cls, event_id: str, letter_type: str, payload: JsonObject) -> "Hint":
        """Read back what `to_json` stored."""
        return cls(event_id, letter_type, **payload)


def known_at_sight(hint: Hint, *, livemode: bool) -> str | None:
    """The verdict on a letter that needs no look at Stripe and so no job; None for one a job must open."""
    if hint.livemode != livemode:
        return "other-mode"
    if hint.type in ONLY_LOGGED:
        return "logged"
    if hint.type != CASH_BALANCE and (hint.type not in LOOKED_AT or hint.object_id is None):
        return "unknown-type"
    return None


def read_letter(raw: bytes) -> Hint:
    """The hint in the bytes of a believed letter, snapshot or thin. Raises NotBelieved for anything else."""
    try:
        letter = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise NotBelieved("not JSON") from problem
    if not isinstance(letter, dict) or str(letter.get("object")) not in {SNAPSHOT, THIN}:
        raise NotBelieved("not an event")
    return read_event(letter)


def read_event(letter: JsonObject) -> Hint:
    """The hint in an event, delivered or listed. Raises NotBelieved when its id or type is none."""
    form = str(letter["object"])
    named = letter.get("related_object") if form == THIN else (_object(letter.get("data")) or {}).get("object")
    about = _object(named) or {}
    event_type = _text(letter.get("type"), _TYPE)
    return Hint(
        event_id=_text(letter.get("id"), _ID),
        type=event_type.removeprefix(_THIN_PREFIX) if form == THIN else event_type,
        form=form,
        livemode=letter.get("livemode") is True,
        object_id=_text(about["id"], _ID) if "id" in about else None,
        extra=_cash_movement(about) if event_type == CASH_BALANCE else {},
    )


def _object(value: object) -> JsonObject | None:
    return value if isinstance(value, dict) else None


def _text(value: object, shape: re.Pattern[str]) -> str:
    if not isinstance(value, str) or shape.fullmatch(value) is None:
        raise NotBelieved("malformed")
    return value


def _cash_movement(about: JsonObject) -> JsonObject:
    """The one kind of object that is read from the letter: Stripe sends no thin twin of it and it moves no order."""
    figures = {name: about[name] for name in ("net_amount", "ending_balance") if isinstance(about.get(name), int)}
    return {"customer": str(about.get("customer")), "kind": str(about.get("type")), **figures}
