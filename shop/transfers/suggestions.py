"""Suggestions: for a transfer nobody could match, the orders it is most probably for, with score and reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from foundation import clock
from shop.orders.order_book import Order
from shop.payments.money_in import BankLine, Payment, PaymentAllocation
from shop.transfers.matching import CLOSED, unallocated
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


def suggest(session: Session, lines: Sequence[BankLine], most: int = 3) -> dict[UUID, tuple[Suggestion, ...]]:
    """The best orders for each line, best first; a line for which nothing speaks has none."""
    facts = {line.id: _facts(session, line) for line in lines}
    orders = _candidates(session, facts.values())
    found: dict[UUID, tuple[Suggestion, ...]] = {}
    for line_id, line in facts.items():
        rated = [_rated(line, order, paid) for order, paid in orders]
        worth = [one for one in rated if one.score >= LOWEST_WORTH_SHOWING]
        found[line_id] = tuple(sorted(worth, key=lambda one: (-one.score, one.number))[:most])
    return found


def _facts(session: Session, line: BankLine) -> LineFacts:
    payment = session.scalars(select(Payment).where(Payment.bank_line_id == line.id)).one()
    references = references_in(line.remittance, line.end_to_end_id)
    return LineFacts(
        left_cents=unallocated(session, payment),
        text=line.remittance,
        payer=line.debtor_name or "",
        named=frozenset(one.number for one in references if one.certain),
        misspelt=frozenset(one.number for one in references if not one.certain),
        known_buyers=_buyers_paid_for(session, line.debtor_hash),
    )


def _buyers_paid_for(session: Session, debtor_hash: str | None) -> frozenset[str]:
    """Whose orders this payer has paid before, by the keyed hash of the IBAN."""
    if debtor_hash is None:
        return frozenset()
    query = (
        select(Order.buyer_party_id)
        .join(PaymentAllocation, PaymentAllocation.order_id == Order.id)
        .join(Payment, Payment.id == PaymentAllocation.payment_id)
        .join(BankLine, BankLine.id == Payment.bank_line_id)
        .where(BankLine.debtor_hash == debtor_hash, PaymentAllocation.amount_cents > 0)
        .distinct()
        .limit(50)
    )
    return frozenset(str(party_id) for party_id in session.scalars(query))


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
