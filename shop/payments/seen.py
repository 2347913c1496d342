"""Looking: an object of Stripe read anew, with whatever must be known with it; no transaction is open meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from foundation import clock
from foundation.database import JsonObject
from shop.payments.gateway import PaymentGateway

Kind = Literal["checkout_session", "payment_intent", "setup_intent", "charge", "refund", "dispute", "payout"]
KINDS: tuple[Kind, ...] = (
    "checkout_session",
    "payment_intent",
    "setup_intent",
    "charge",
    "refund",
    "dispute",
    "payout",
)
RECONCILED = "completed"
SAVES_A_CARD = "setup"
"""The mode of a page that takes a card and no money."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as Stripe showed it; `started_at` is the real instant before the question was asked.

    `beside` is what the object hangs on: the charge of a refund or dispute, the page of an intent, the setup intent of
    a page that saves a card. `rows` are the
    movements of a payout. `told` is the type of the event that made us look, empty when nobody did.
    """

    kind: Kind
    body: JsonObject
    started_at: datetime
    beside: JsonObject | None = None
    rows: tuple[JsonObject, ...] = ()
    told: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of something seen, in a word for the log, and the order it concerned."""

    word: str
    order_id: UUID | None = None


UNKNOWN = Verdict("unknown")


class Overtaken(Exception):
    """A look that began later has been applied already: look again."""


def refuse_overtaken(last_started_at: datetime | None, seen: Seen) -> None:
    """Raise Overtaken when what was seen may be older than what is stored (two looks at one object can overtake)."""
    if last_started_at is not None and seen.started_at < last_started_at:
        raise Overtaken


def look(gateway: PaymentGateway, kind: Kind, object_id: str) -> Seen:
    """Read an object of Stripe anew. Raises GatewayUnavailable, GatewayRefused (`resource_missing`: no such object)."""
    started_at = clock.real_now()
    if kind == "payment_intent":
        # Its page shows the intent too, as of the same moment: Stripe is asked once.
        page = gateway.page_of_intent(object_id)
        return Seen(kind, page["payment_intent"] if page else gateway.read(kind, object_id), started_at, beside=page)
    body = gateway.read(kind, object_id)
    if kind == "checkout_session" and body.get("mode") == SAVES_A_CARD and body.get("setup_intent"):
        return Seen(kind, body, started_at, beside=gateway.read("setup_intent", str(body["setup_intent"])))
    if kind in {"refund", "dispute"} and body.get("charge"):
        return Seen(kind, body, started_at, beside=gateway.read("charge", str(body["charge"])))
    if kind == "payout" and body.get("reconciliation_status") == RECONCILED:
        return Seen(kind, body, started_at, rows=tuple(gateway.payout_rows(object_id)))
    return Seen(kind, body, started_at)


def belongs_elsewhere(seen: Seen, shop_env: str, *, livemode: bool) -> str | None:
    """Why an object is not of this shop: the verdict for the log, or None when it is ours."""
    told = seen.body.get("livemode", (seen.beside or {}).get("livemode", livemode))
    if told != livemode:
        return "other-mode"
    if seen.kind == "payout":
        return None
    named = seen.beside if seen.kind in {"refund", "dispute"} else seen.body
    return None if (named or {}).get("metadata", {}).get("shop_env") == shop_env else "other-shop"
