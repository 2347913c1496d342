"""The janitor: every ten minutes it fetches letters that never came and settles what waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import looking, transaction
from foundation.jobs import DueRow, RetryLater, defer, job, round_rule, run_soon
from foundation.logs import log
from shop import GatewayUnavailable, PaymentGateway, Settled, settle_pending
from webhooks.inbox import came_before, store_letter
from webhooks.stripe_hints import LISTENED_TO, read_event
from webhooks.stripe_letters import gateway

EVERY = timedelta(minutes=10)
LISTABLE = timedelta(days=30)
MOST_TYPES = 20
NAME = "stripe.janitor"
_SILENCE_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: letters fetched, and what the shop settled."""

    fetched: int
    settled: Settled


@round_rule(NAME, EVERY)
def janitor_comes(session: Session, _row: DueRow) -> None:
    """The round talks to Stripe, so it is a job; one at a time, and none behind one that is late already."""
    if not run_soon(session, NAME):
        defer(session, NAME, lock=NAME)


@job(NAME, tries=5)
def run_janitor() -> None:
    """One round. Raises RetryLater while Stripe is silent: it comes back in a minute."""
    try:
        clean(gateway())
    except GatewayUnavailable as silence:
        raise RetryLater("gateway unavailable", _SILENCE_PAUSE) from silence


def clean(source: PaymentGateway) -> Round:
    """Fetch undelivered letters of the last 30 days, then look at whatever has been pending for 15 minutes (edge)."""
    done = Round(fetch_undelivered(source), settle_pending(source))
    log().info("stripe janitor", rows=done.fetched + done.settled.looked_at)
    return done


def fetch_undelivered(source: PaymentGateway) -> int:
    """Store each undelivered event like a delivered one; answers how many were new.

    Stripe lists an event as undelivered for thirty days, however often we have fetched it.
    """
    since = int((clock.real_now() - LISTABLE).timestamp())
    events = [event for types in batches(LISTENED_TO) for event in source.undelivered_events(types, since)]
    with looking() as session:
        ours = came_before(session, "stripe", [str(event["id"]) for event in events])
    fresh = 0
    for event in sorted(events, key=lambda one: int(one["created"])):
        if str(event["id"]) in ours:
            continue
        hint = read_event(event)
        with transaction() as session:
            fresh += store_letter(session, "stripe", hint.event_id, hint.type, hint.to_json())
    return fresh


def batches(types: Iterable[str]) -> list[list[str]]:
    """Stripe takes at most twenty types at a time."""
    every = list(types)
    return [every[first : first + MOST_TYPES] for first in range(0, len(every), MOST_TYPES)]
