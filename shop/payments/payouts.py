"""Payouts: what Stripe sends to the bank, matched row by row to what it is made of."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation.database import JsonObject
from foundation.events import Subject, record_event
from shop.orders.order_book import Order
from shop.payments.charges import CLEARING, FEES, movement_cause
from shop.payments.finance_tasks import Concern, close_tasks, open_task
from shop.payments.seen import RECONCILED, Seen, Verdict, refuse_overtaken
from shop.payments.stripe_facts import StripeCharge, StripeDispute, StripePayout, StripeRefund, fact_id

BANK = Account("bank")
_FEE_ROWS = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee"})
_OWN_ROW = "payout"
_RETURNED_ROW = "payout_failure"


def apply_payout(session: Session, seen: Seen) -> Verdict:
    """Apply a payout read anew; answers what became of it."""
    body = seen.body
    payout = _store(session, seen)
    if payout.status == "paid":
        book(session, _cause(payout), [Posting(BANK, CLEARING, payout.amount_cents)])
    if payout.status in {"failed", "canceled"}:
        _came_back(session, payout)
    if body.get("reconciliation_status") == RECONCILED:
        _match(session, payout, seen)
    return Verdict(f"payout-{payout.status}")


def _store(session: Session, seen: Seen) -> StripePayout:
    body, payout_id = seen.body, str(seen.body["id"])
    fresh = {
        "id": payout_id,
        "amount_cents": int(body["amount"]),
        "status": str(body["status"]),
        "rows": {},
        "read_started_at": seen.started_at,
    }
    session.execute(insert(StripePayout).values(fresh).on_conflict_do_nothing())
    payout = session.get_one(StripePayout, payout_id, with_for_update=True, populate_existing=True)
    refuse_overtaken(payout.read_started_at, seen)
    payout.amount_cents, payout.status = int(body["amount"]), str(body["status"])
    payout.read_started_at = seen.started_at
    arrival = body.get("arrival_date")
    payout.arrived_on = datetime.fromtimestamp(int(arrival), UTC) if arrival else None
    session.flush()
    return payout


def _cause(payout: StripePayout) -> Cause:
    return Cause("stripe_payout", fact_id(payout.id))


def _subject(payout: StripePayout) -> Subject:
    return Subject("payout", fact_id(payout.id))


def _came_back(session: Session, payout: StripePayout) -> None:
    """The bank refused it: the money is back at Stripe, and somebody is told.

    Both movements are booked, whether the payout had been seen paid or not: the balance is the same in either order.
    """
    book(session, _cause(payout), [Posting(BANK, CLEARING, payout.amount_cents)])
    reverse = [Posting(CLEARING, BANK, payout.amount_cents)]
    if book(session, _cause(payout), reverse, first_ordinal=1):
        record_event(session, "payout.failed", _subject(payout), amount_cents=payout.amount_cents)
        open_task(session, Concern("payout_failed", _subject(payout), {"payout": payout.id}))


def _match(session: Session, payout: StripePayout, seen: Seen) -> None:
    rows = [row for row in seen.rows if row["type"] != _OWN_ROW]
    numbers = _numbers_by_source(session, [str(row["source"]) for row in rows if row.get("source")])
    matched = {"rows": [_matched(row, numbers) for row in rows]}
    if payout.rows == matched:
        return
    payout.rows = matched
    payout.difference_cents = sum(int(row["net"]) for row in rows) - payout.amount_cents
    for row in rows:
        if row["type"] in _FEE_ROWS:
            _book_fee(session, row)
    unmatched = [row["id"] for row in payout.rows["rows"] if row["kind"] == "unknown"]
    facts = {"payout": payout.id, "difference_cents": payout.difference_cents, "unmatched": unmatched}
    if payout.difference_cents or unmatched:
        open_task(session, Concern("payout_difference", _subject(payout), facts))
    else:
        close_tasks(session, "payout_difference", fact_id(payout.id), "matched")


def _book_fee(session: Session, row: JsonObject) -> None:
    net = int(row["net"])
    booked = Posting(FEES, CLEARING, -net) if net < 0 else Posting(CLEARING, FEES, net)
    book(session, movement_cause(row), [booked])


def _numbers_by_source(session: Session, sources: list[str]) -> dict[str, tuple[str, str]]:
    """For each charge, refund or dispute its kind and its order's number."""
    found: dict[str, tuple[str, str]] = {}
    for kind, table in (("charge", StripeCharge), ("refund", StripeRefund), ("dispute", StripeDispute)):
        query = select(table.id, Order.number).join(Order, Order.id == table.order_id).where(table.id.in_(sources))
        found |= {row[0]: (kind, row[1]) for row in session.execute(query)}
    return found


def _matched(row: JsonObject, numbers: dict[str, tuple[str, str]]) -> JsonObject:
    source = row.get("source")
    without_order = {**dict.fromkeys(_FEE_ROWS, "fee"), _RETURNED_ROW: "payout"}
    kind, number = numbers.get(str(source), (without_order.get(row["type"], "unknown"), None))
    kept = {name: row[name] for name in ("id", "type", "amount", "fee", "net")}
    return kept | {"source": source, "kind": kind, "order": number}
