"""Surplus: a person of finance decides what becomes of money that fits no order, or finds the order it is for."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation.events import record_event
from foundation.principal import Principal
from shop.orders.order_book import Order
from shop.payments.money_in import BankLine, Payment, paid_cents
from shop.payments.record import still_sellable
from shop.transfers.bank_lines import line_subject, payment_of
from shop.transfers.disposals import CREDITED, SENT_BACK, dispose
from shop.transfers.known_lines import TRANSFER
from shop.transfers.matching import (
    CLOSED,
    EURO,
    TAKEN_OFF,
    allocate,
    allocated_cents,
    follow_the_money,
    suspense,
    unallocated,
    update_state,
)
from shop.transfers.refusals import AllocationRefused
from shop.transfers.store_credit import add_store_credit
from shop.transfers.waiting_again import wait_again


class LineNotFound(Exception):
    """No such transfer."""


def lock_line(session: Session, line_id: UUID) -> tuple[BankLine, Payment]:
    """A transfer's line and its payment, the line locked. Raises LineNotFound."""
    query = select(BankLine).where(BankLine.id == line_id, BankLine.kind == TRANSFER)
    line = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if line is None:
        raise LineNotFound
    return line, payment_of(session, line.id)


def allocate_by_hand(
    session: Session, line: BankLine, payment: Payment, order: Order, amount_cents: int, by: Principal
) -> None:
    """Finance says what a transfer is for. The line's and the order's rows must be locked. Raises AllocationRefused."""
    owed = order.gross_cents - paid_cents(session, order.id)
    refused = _refusal(session, payment, order, amount_cents, owed)
    if refused is not None:
        raise AllocationRefused(refused)
    allocate(session, order, payment, amount_cents, "by_hand", by)
    record_event(
        session,
        "transfer.allocated",
        line_subject(line),
        by,
        order_id=order.id,
        number=order.number,
        cents=amount_cents,
    )
    follow_the_money(session, order, owed - amount_cents, occasion=str(line.id))
    update_state(session, line, payment, named=True)


def _refusal(session: Session, payment: Payment, order: Order, amount_cents: int, owed: int) -> str | None:
    if payment.currency != EURO:
        return "foreign_currency"
    if amount_cents <= 0 or amount_cents > unallocated(session, payment):
        return "more_than_is_left"
    if amount_cents > owed:
        return "more_than_is_owed"
    if order.state in CLOSED and (amount_cents < owed or not still_sellable(session, order)):
        # D11: as by its reference, it opens again only for its whole price, and only while that is still the price.
        return "order_closed"
    return None


def take_off(session: Session, line: BankLine, payment: Payment, order: Order, by: Principal) -> int:
    """Finance takes a transfer off an order it was not for; answers the cents that wait again.

    Both rows must be locked. Raises AllocationRefused where the order's rights have been issued: then only a decision
    about those helps (D10).
    """
    amount = allocated_cents(session, payment.id, order.id)
    if amount <= 0:
        raise AllocationRefused("nothing_there")
    if order.state == "FULFILLED":
        raise AllocationRefused("order_fulfilled")
    allocate(session, order, payment, -amount, TAKEN_OFF, by)
    record_event(
        session, "transfer.taken_off", line_subject(line), by, order_id=order.id, number=order.number, cents=amount
    )
    if order.state in {"PAID", "ON_HOLD"}:
        wait_again(session, order)
    update_state(session, line, payment, named=True)
    return amount


def give_store_credit(session: Session, line: BankLine, payment: Payment, party_id: UUID, by: Principal) -> int:
    """What is left of a transfer becomes the party's store credit; answers the cents. Raises AllocationRefused."""
    left = _left(session, payment)
    if payment.currency != EURO:
        raise AllocationRefused("foreign_currency")
    disposal = dispose(session, payment, CREDITED, left, party_id=party_id, disposed_by_user_id=by.user_id)
    add_store_credit(session, party_id, Cause("disposal", disposal.id), suspense(payment), left)
    record_event(session, "transfer.credited", line_subject(line), by, cents=left, credited_party_id=party_id)
    update_state(session, line, payment, named=True)
    return left


def send_back(session: Session, line: BankLine, payment: Payment, by: Principal) -> int:
    """Finance has sent what is left back to the payer; answers the cents. Raises AllocationRefused."""
    left = _left(session, payment)
    disposal = dispose(session, payment, SENT_BACK, left, disposed_by_user_id=by.user_id)
    posting = Posting(suspense(payment), Account("bank", unit=payment.currency), left)
    book(session, Cause("disposal", disposal.id), [posting])
    record_event(session, "transfer.sent_back", line_subject(line), by, cents=left)
    update_state(session, line, payment, named=True)
    return left


def _left(session: Session, payment: Payment) -> int:
    left = unallocated(session, payment)
    if left <= 0:
        raise AllocationRefused("nothing_left")
    return left
