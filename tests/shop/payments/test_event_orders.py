"""R03: whatever the order and repetition of events, the end is a function of the set of what was seen.

Stripe answers a look with the object as of the event that made us look, or as of any later moment.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation import clock
from shop import Order, Overtaken, Seen, reconcile
from shop.orders.order_states import OrderState, next_order_state
from shop.payments.attempt_states import AttemptFacts, attempt_state
from shop.payments.attempts import PaymentAttempt, attempts_of
from shop.payments.observed import facts_of_intent, facts_of_page
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import stock_the_shop
from tests.verdicts import FIGURE, Record
from tests.webhooks.stand import Json, a_numbered_order, an_attempt_on

SEED = 20_261_122
TIMES = 2
ALL_SEQUENCES, ALL_PURE = 7_365, 326_011
NUMBER, GROSS, PAGE, INTENT, CHARGE = "ORD-2026-000303", 12_200, "cs_test_walk", "pi_walk", "ch_walk"

COMPLETED, REFUSED = "checkout.session.completed", "checkout.session.async_payment_failed"
SUCCEEDED, REFUNDED = "payment_intent.succeeded", "charge.refunded"
# When each event happens in a debit's life: announced, refused, paid all the same, given back.
BORN = {COMPLETED: 1, REFUSED: 2, SUCCEEDED: 3, REFUNDED: 4}
LAST = 4
Step = tuple[str, int]
Handler = Callable[[Session, Seen], object]


class TakenBack(Exception):
    """Ends a transaction whose effects were only to be looked at."""


def shown(step: Step, order_id: object) -> Seen:
    """What Stripe shows for an event, as of a moment."""
    event_type, moment = step
    named = {"metadata": {"order_id": str(order_id), "shop_env": "test"}, "livemode": False, "currency": "eur"}
    status = {1: "processing", 2: "requires_payment_method"}.get(moment, "succeeded")
    intent = named | {"id": INTENT, "status": status, "amount": GROSS, "amount_received": GROSS}
    page = named | {
        "id": PAGE,
        "status": "complete",
        "payment_status": "paid" if moment > 2 else "unpaid",
        "payment_intent": intent,
        "amount_total": GROSS,
        "client_reference_id": NUMBER,
    }
    now = clock.real_now()
    if event_type == SUCCEEDED:
        return Seen("payment_intent", intent, now, beside=page, told=event_type)
    if event_type == REFUNDED:
        charge = named | {"id": CHARGE, "payment_intent": INTENT, "amount": GROSS, "amount_refunded": GROSS}
        return Seen("charge", charge | {"status": "succeeded", "balance_transaction": None}, now, told=event_type)
    return Seen("checkout_session", page, now, told=event_type)


def expected(seen: frozenset[Step]) -> tuple[str, ...]:
    """How it must end, told from the set alone: attempt, order, coupons, payments."""
    paid = any(moment > 2 for event, moment in seen if event != REFUNDED)
    refused = any(moment == 2 for event, moment in seen)
    awaited = any(moment == 1 for event, moment in seen)
    attempt = "PAID" if paid else "FAILED" if refused else "AWAITING_FUNDS" if awaited else "OPEN"
    returned = any(event == REFUNDED for event, _ in seen)
    coupons = "" if not paid else "VOIDED:3" if returned else "AVAILABLE:3"
    return (attempt, "FULFILLED" if paid else "AWAITING_PAYMENT", coupons, "1" if paid else "0")


def ending(session: Session, order: Order, attempt: PaymentAttempt) -> tuple[str, ...]:
    query = text(
        "SELECT (SELECT state FROM orders WHERE id = :order),"
        " (SELECT coalesce(string_agg(state || ':' || n, ','), '') FROM"
        "  (SELECT state, count(*) AS n FROM coupons WHERE owner_party_id = :owner GROUP BY state) s),"
        " (SELECT count(*)::text FROM payments)"
    )
    row = session.execute(query, {"order": order.id, "owner": order.buyer_party_id}).one()
    session.refresh(attempt)
    return (attempt.state, *row)


class Walk:
    """Walks a tree of prefixes; each delivery stands in a savepoint, so no prefix is ever repeated."""

    def __init__(self, session: Session, handle: Handler = reconcile) -> None:
        self.session, self.handle = session, handle
        stock_the_shop(session)
        self.order = a_numbered_order(session, a_studio(session), NUMBER, GROSS)
        self.attempt = an_attempt_on(session, self.order, PAGE)
        self.moments = random.Random(SEED)  # noqa: S311 - a seeded choice of cases
        self.sequences, self.diverging = 0, 0

    def below(self, path: tuple[Step, ...], wanted: Callable[[tuple[str, ...]], bool]) -> None:
        """Check this sequence, then every wanted one that continues it."""
        self.sequences += 1
        self.diverging += ending(self.session, self.order, self.attempt) != expected(frozenset(path))
        types = tuple(event for event, _ in path)
        for event_type, born in BORN.items():
            if types.count(event_type) == TIMES or not wanted((*types, event_type)):
                continue
            step = (event_type, self.moments.randint(born, LAST))
            savepoint = self.session.begin_nested()
            self.handle(self.session, shown(step, self.order.id))
            self.session.flush()
            self.below((*path, step), wanted)
            savepoint.rollback()


def walked(tx: Transact, wanted: Callable[[tuple[str, ...]], bool], handle: Handler = reconcile) -> tuple[int, int]:
    """How many sequences were walked, and how many ended otherwise than they must."""
    counted = (0, 0)
    with suppress(TakenBack), tx() as session:
        walk = Walk(session, handle)
        walk.below((), wanted)
        counted = (walk.sequences, walk.diverging)
        raise TakenBack
    return counted


def some_sequences(count: int) -> set[tuple[str, ...]]:
    """Prefixes of seeded random sequences with every event twice."""
    chance = random.Random(SEED)  # noqa: S311 - a seeded choice of cases
    prefixes = set()
    for _ in range(count):
        whole = [event for event in BORN for _ in range(TIMES)]
        chance.shuffle(whole)
        prefixes |= {tuple(whole[:length]) for length in range(len(whole) + 1)}
    return prefixes


def forgetful(session: Session, seen: Seen) -> None:
    """A wrong handler: it believes the last look and forgets what was seen before."""
    for attempt in attempts_of(session, session.query(Order).filter_by(number=NUMBER).one().id):
        attempt.paid_at = attempt.debit_refused_at = attempt.awaiting_at = None
    session.flush()
    reconcile(session, seen)


def test_some_sequences_end_as_their_set_says(tx: Transact, record_property: Record) -> None:
    prefixes = some_sequences(25)
    sequences, diverging = walked(tx, prefixes.__contains__)
    record_property("stripe.sequences", sequences)
    assert (sequences, diverging) == (len(prefixes), 0)


@pytest.mark.torture
def test_every_sequence_of_four_events_ends_as_its_set_says(tx: Transact, record_property: Record) -> None:
    sequences, diverging = walked(tx, lambda _: True)
    record_property("stripe.sequences", sequences)
    record_property(FIGURE, f"four events: sequences={sequences} diverging={diverging}")
    assert (sequences, diverging) == (ALL_SEQUENCES, 0)


def test_a_handler_that_believes_the_last_look_diverges(tx: Transact) -> None:
    _, diverging = walked(tx, some_sequences(4).__contains__, forgetful)
    assert diverging > 0


def test_looks_that_overtake_each_other_are_refused(tx: Transact) -> None:
    with suppress(TakenBack), tx() as session:
        walk = Walk(session)
        later = shown((COMPLETED, 1), walk.order.id)
        reconcile(session, later)
        earlier = Seen(later.kind, later.body, later.started_at - timedelta(seconds=1))
        with pytest.raises(Overtaken):
            reconcile(session, earlier)
        raise TakenBack


# Five events through the pure functions alone.
PURE = (COMPLETED, REFUSED, SUCCEEDED, "checkout.session.expired", "payment_intent.canceled")


def observed(event_type: str) -> AttemptFacts:
    """The facts of each event's object as of that event."""
    unpaid: Json = {"status": "complete", "payment_status": "unpaid"}
    return {
        COMPLETED: facts_of_page(unpaid | {"payment_intent": {"status": "processing"}}),
        REFUSED: facts_of_page(unpaid | {"payment_intent": {"status": "requires_payment_method"}}, REFUSED),
        SUCCEEDED: facts_of_intent({"status": "succeeded"}),
        "checkout.session.expired": facts_of_page({"status": "expired", "payment_status": "unpaid"}),
        "payment_intent.canceled": facts_of_intent({"status": "canceled"}),
    }[event_type]


Combine = Callable[[AttemptFacts, AttemptFacts], AttemptFacts]


def pure_walk(combine: Combine) -> tuple[int, int]:
    """Every sequence of the five events, each 0 to 2 times: how many, and how many disagree within their set."""
    facts = [observed(event_type) for event_type in PURE]
    ends: dict[int, tuple[str, OrderState]] = {}
    sequences = diverging = 0
    pending: list[tuple[AttemptFacts, OrderState, tuple[int, ...], int]] = [
        (AttemptFacts(), "AWAITING_PAYMENT", (0,) * len(PURE), 0)
    ]
    while pending:
        seen, order, counts, which = pending.pop()
        sequences += 1
        end = (attempt_state(seen), order)
        diverging += ends.setdefault(which, end) != end
        for index, more in enumerate(facts):
            if counts[index] < TIMES:
                after = combine(seen, more)
                moved = next_order_state(next_order_state(order, "pay"), "fulfil") if more.paid else order
                taken = (*counts[:index], counts[index] + 1, *counts[index + 1 :])
                pending.append((after, moved, taken, which | 1 << index))
    return sequences, diverging


def test_every_sequence_of_five_events_ends_as_its_set_says_in_the_pure_functions(
    record_property: Record,
) -> None:
    sequences, diverging = pure_walk(AttemptFacts.and_seen)
    record_property("stripe.sequences", sequences)
    record_property(FIGURE, f"five events, pure: sequences={sequences} diverging={diverging}")
    assert (sequences, diverging) == (ALL_PURE, 0)


def last_seen_wins(_before: AttemptFacts, more: AttemptFacts) -> AttemptFacts:
    return more


def test_facts_that_replace_each_other_diverge() -> None:
    assert pure_walk(last_seen_wins)[1] > 0


PAGES = [
    ("open", "unpaid", None, None),
    ("open", "unpaid", "requires_payment_method", None),
    ("complete", "paid", "succeeded", "paid"),
    ("complete", "no_payment_required", None, "paid"),
    ("complete", "unpaid", "processing", "awaiting"),
    ("complete", "unpaid", "requires_action", "awaiting"),
    ("complete", "unpaid", None, "awaiting"),
    ("complete", "unpaid", "requires_payment_method", "debit_refused"),
    ("complete", "unpaid", "canceled", "cancelled"),
    ("expired", "unpaid", None, "expired"),
]


@pytest.mark.parametrize(("status", "payment_status", "intent", "fact"), PAGES)
def test_a_page_shows_at_most_one_fact(status: str, payment_status: str, intent: str | None, fact: str | None) -> None:
    page = {"status": status, "payment_status": payment_status, "payment_intent": intent and {"status": intent}}
    facts = facts_of_page(page)
    assert facts == AttemptFacts(**({fact: True} if fact else {}))
