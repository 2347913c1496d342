"""Lists of the finance desk: orders in their window, held or late; lines without an order or with too much."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.orm import Session

from foundation import clock
from foundation.settings import current_settings
from shop.orders.order_book import BANK_TRANSFER, Order
from shop.payments.money_in import BankLine, FinanceTask, Payment, PaymentAllocation
from shop.transfers.disposals import Disposal
from shop.transfers.four_eyes import WAITING, FinanceDecision
from shop.transfers.known_lines import TRANSFER
from shop.transfers.matching import EURO

# With its two cents, in either language: nothing else can be told from a piece of a reference or a name.
_AMOUNT = re.compile(r"(\d{1,9}|\d{1,3}([.,]\d{3})+)[.,]\d{2}")
WINDOW, HELD, BREACHED = "window", "held", "breached"
UNIDENTIFIED, SURPLUS, ALL = "UNIDENTIFIED", "SURPLUS", "all"


@dataclass(frozen=True, slots=True)
class DeskCounts:
    """How many are in each list, and how much money (cents) waits for an order or a decision."""

    window: int
    held: int
    breached: int
    unidentified: int
    surplus: int
    decisions: int
    tasks: int
    waiting_cents: int


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order whose transfer is recorded: when, until when it waits, and why finance stopped it."""

    order: Order
    buyer_name: str
    due_at: datetime | None
    promised_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line from the bank and what is left of it (cents)."""

    line: BankLine
    left_cents: int


def desk_counts(session: Session) -> DeskCounts:
    """The figures on top of the desk; each is the number of rows of the list it leads to."""
    orders = {name: _count(session, Order, *_orders_in(name)) for name in (WINDOW, HELD, BREACHED)}
    lines = {name: _count(session, BankLine, *_lines_in(name)) for name in (UNIDENTIFIED, SURPLUS)}
    return DeskCounts(
        window=orders[WINDOW],
        held=orders[HELD],
        breached=orders[BREACHED],
        unidentified=lines[UNIDENTIFIED],
        surplus=lines[SURPLUS],
        decisions=_count(session, FinanceDecision, FinanceDecision.state == WAITING),
        tasks=_count(session, FinanceTask, FinanceTask.resolved_at.is_(None)),
        waiting_cents=_waiting_cents(session),
    )


def _count(session: Session, table: type, *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def _waiting_cents(session: Session) -> int:
    left = _left()
    query = select(func.coalesce(func.sum(left), 0)).select_from(Payment).join(BankLine)
    waiting = (BankLine.state.in_((UNIDENTIFIED, SURPLUS)), BankLine.currency == EURO)
    return int(session.execute(query.where(*waiting)).scalar_one())


def _left() -> ColumnElement[int]:
    """What is left of a payment, as a column."""
    allocated = (
        select(func.coalesce(func.sum(PaymentAllocation.amount_cents), 0))
        .where(PaymentAllocation.payment_id == Payment.id)
        .scalar_subquery()
    )
    disposed = (
        select(func.coalesce(func.sum(Disposal.amount_cents), 0))
        .where(Disposal.payment_id == Payment.id)
        .scalar_subquery()
    )
    return Payment.amount_cents - allocated - disposed


def _orders_in(view: str) -> tuple[ColumnElement[bool], ...]:
    if view == HELD:
        return (Order.state == "ON_HOLD",)
    if view == BREACHED:
        promised = clock.now() - current_settings().bank_transfer_sla
        return (Order.state.in_(("PAID", "ON_HOLD")), Order.paid_at <= promised)
    return (Order.state == "PAID", Order.fulfil_not_before.is_not(None))


def _lines_in(view: str) -> tuple[ColumnElement[bool], ...]:
    return () if view == ALL else (BankLine.kind == TRANSFER, BankLine.state == view)


def orders_on_desk(
    session: Session, view: str, *, search: str = "", after: UUID | None = None, limit: int = 50
) -> list[OrderRow]:
    """Orders of a view, oldest order first, behind `after`."""
    query = select(Order).where(*_orders_in(view)).order_by(Order.id).limit(limit)
    if search:
        name = Order.billing["name"].astext
        query = query.where(
            or_(Order.number.icontains(search, autoescape=True), name.icontains(search, autoescape=True))
        )
    if after is not None:
        query = query.where(Order.id > after)
    orders = session.scalars(query).all()
    reasons = _reasons(session, [order.id for order in orders])
    sla = current_settings().bank_transfer_sla
    return [
        OrderRow(
            order=order,
            buyer_name=str(order.billing.get("name", "")),
            due_at=order.fulfil_not_before,
            promised_at=(order.paid_at or order.placed_at) + sla,
            reason=reasons.get(order.id, ""),
        )
        for order in orders
    ]


def _reasons(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, str]:
    query = select(FinanceTask).where(
        FinanceTask.kind == "hold", FinanceTask.resolved_at.is_(None), FinanceTask.subject_id.in_(order_ids)
    )
    return {task.subject_id: str(task.facts.get("reason", "")) for task in session.scalars(query)}


def lines_on_desk(
    session: Session, view: str, *, search: str = "", before: UUID | None = None, limit: int = 50
) -> list[LineRow]:
    """Lines of a view, newest first, before `before`; `search` is part of text, payer or reference, or an amount."""
    query = (
        select(BankLine, _left())
        .outerjoin(Payment, Payment.bank_line_id == BankLine.id)
        .where(*_lines_in(view))
        .order_by(BankLine.id.desc())
        .limit(limit)
    )
    if search:
        query = query.where(_said(search))
    if before is not None:
        query = query.where(BankLine.id < before)
    return [LineRow(line, int(left or 0)) for line, left in session.execute(query)]


def _said(search: str) -> ColumnElement[bool]:
    """What a person types in the box: an amount with its cents finds the amount, anything else a text."""
    texts = (BankLine.remittance, BankLine.debtor_name, BankLine.bank_reference)
    found = or_(*(column.icontains(search, autoescape=True) for column in texts))
    cents = _cents_typed(search)
    return or_(found, cast(func.abs(BankLine.amount_cents), String) == cents) if cents else found


def _cents_typed(search: str) -> str | None:
    """The digits of an amount such as "1.234,50", or "1,234.50" as English pages show it; None for anything else."""
    found = _AMOUNT.fullmatch(search.replace("€", "").replace("\u00a0", "").strip())
    return re.sub(r"[.,]", "", found[0]) if found else None


def orders_to_pay(session: Session, search: str, limit: int = 20) -> list[tuple[Order, int]]:
    """Orders a transfer may be for, with what each is owed (cents): by number, buyer or amount, newest first."""
    paid = func.coalesce(func.sum(PaymentAllocation.amount_cents), 0)
    owed = Order.gross_cents - paid
    query = (
        select(Order, owed)
        .outerjoin(PaymentAllocation, PaymentAllocation.order_id == Order.id)
        .group_by(Order.id)
        .having(owed > 0)
        .order_by(Order.id.desc())
        .limit(limit)
    )
    if search:
        name = Order.billing["name"].astext
        wanted: ColumnElement[bool] = or_(
            Order.number.icontains(search, autoescape=True), name.icontains(search, autoescape=True)
        )
        typed = _cents_typed(search)
        if typed:
            wanted = or_(wanted, cast(owed, String) == typed)
        query = query.having(wanted)
    else:
        query = query.where(Order.state == "AWAITING_PAYMENT", Order.payment_method == BANK_TRANSFER)
    return [(order, int(cents)) for order, cents in session.execute(query)]


def lines_alike(session: Session, amount_cents: int, limit: int = 5) -> list[BankLine]:
    """Lines nobody has placed that bring just this amount: what a person wants to confirm may be here already."""
    query = select(BankLine).where(*_lines_in(UNIDENTIFIED), BankLine.amount_cents == amount_cents)
    return list(session.scalars(query.order_by(BankLine.id.desc()).limit(limit)))


def currencies_of(session: Session, decisions: Sequence[FinanceDecision]) -> dict[UUID, str]:
    """The currencies of the bank's lines that these decisions are about, by line; everything else is in euro."""
    about = [decision.subject_id for decision in decisions if decision.subject_kind == "bank_line"]
    rows = session.execute(select(BankLine.id, BankLine.currency).where(BankLine.id.in_(about))) if about else ()
    return {row.id: row.currency for row in rows}
