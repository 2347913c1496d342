"""Suggestions: for a transfer nobody could match, the orders it is most probably for, with score and reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from foundation import clock
from shop.orders.order_book import Order
from shop.payments.money_in import BankLine, Payment, PaymentAllocation
from shop.transfers.matching import CLOSED, EURO
from shop.transfers.references import references_in
from shop.transfers.scoring import (
    LOWEST_WORTH_SHOWING,
    LineFacts,
    OrderFacts,
    Reason,
    reasons_for,
    score_of,
    short_numbers,
)

_MOST_CANDIDATES = 300


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An order a transfer may be for: what it is owed (cents), whose it is, how probable (0 to 99) and why."""

    order_id: UUID
    number: str
    state: str
    owed_cents: int
    buyer_name: str
    score: int
    reasons: tuple[Reason, ...]


def suggest(
    session: Session, waiting: Sequence[tuple[BankLine, int]], most: int = 3
) -> dict[UUID, tuple[Suggestion, ...]]:
    """The best orders for each line with what is left of it (cents), best first; for some nothing speaks.

    Orders are in euro: for a line in another currency there is none. Two queries for a whole page of lines.
    """
    in_euro = [(line, left) for line, left in waiting if line.currency == EURO]
    known = _buyers_paid_for(session, {line.debtor_hash for line, _left in in_euro if line.debtor_hash})
    facts = {line.id: _facts(line, left, known.get(line.debtor_hash or "", frozenset())) for line, left in in_euro}
    orders = _candidates(session, facts.values())
    found: dict[UUID, tuple[Suggestion, ...]] = {line.id: () for line, _left in waiting}
    for line_id, line in facts.items():
        rated = [_rated(line, order, paid) for order, paid in orders]
        worth = [one for one in rated if one.score >= LOWEST_WORTH_SHOWING]
        found[line_id] = tuple(sorted(worth, key=lambda one: (-one.score, one.number))[:most])
    return found


def _facts(line: BankLine, left_cents: int, known_buyers: frozenset[str]) -> LineFacts:
    references = references_in(line.remittance, line.end_to_end_id)
    return LineFacts(
        left_cents=left_cents,
        text=line.remittance,
        payer=line.debtor_name or "",
        named=frozenset(one.number for one in references if one.certain),
        misspelt=frozenset(one.number for one in references if not one.certain),
        known_buyers=known_buyers,
    )


def _buyers_paid_for(session: Session, debtor_hashes: set[str]) -> dict[str, frozenset[str]]:
    """Whose orders these payers have paid before, by the keyed hash of their IBAN."""
    query = (
        select(BankLine.debtor_hash, func.array_agg(Order.buyer_party_id.distinct()))
        .join(Payment, Payment.bank_line_id == BankLine.id)
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .join(Order, Order.id == PaymentAllocation.order_id)
        .where(BankLine.debtor_hash.in_(debtor_hashes), PaymentAllocation.amount_cents > 0)
        .group_by(BankLine.debtor_hash)
    )
    rows = session.execute(query)
    return {known: frozenset(str(party_id) for party_id in parties) for known, parties in rows if known is not None}


def _candidates(session: Session, facts: Iterable[LineFacts]) -> list[Row[Order, int]]:
    """Orders something speaks for, with what is paid of each: one query for a whole page of lines."""
    numbers, amounts, buyers = set[str](), set[int](), set[UUID]()
    year = clock.today().year
    for line in facts:
        numbers |= line.named | line.misspelt
        numbers |= {f"ORD-{one}-{count:06d}" for one in (year, year - 1) for count in short_numbers(line.text)}
        amounts.add(line.left_cents)
        buyers |= {UUID(party_id) for party_id in line.known_buyers}
    paid = func.coalesce(func.sum(PaymentAllocation.amount_cents), 0)
    query = (
        select(Order, paid)
        .outerjoin(PaymentAllocation, PaymentAllocation.order_id == Order.id)
        .where(Order.state.in_(("AWAITING_PAYMENT", *CLOSED)))
        .group_by(Order.id)
        .having(
            or_(
                Order.number.in_(numbers),
                Order.buyer_party_id.in_(buyers),
                (Order.gross_cents - paid).in_(amounts),
            )
        )
        .order_by(Order.id.desc())
        .limit(_MOST_CANDIDATES)
    )
    return list(session.execute(query).all())


def _rated(line: LineFacts, order: Order, paid: int) -> Suggestion:
    owed = order.gross_cents - int(paid)
    name = str(order.billing.get("name", ""))
    facts = OrderFacts(
        number=order.number,
        owed_cents=owed,
        buyer_id=str(order.buyer_party_id),
        buyer_name=name,
        vat_number=str(order.billing.get("vat_number", "")),
        closed=order.state in CLOSED,
    )
    reasons = reasons_for(line, facts)
    return Suggestion(order.id, order.number, order.state, owed, name, score_of(reasons), reasons)
