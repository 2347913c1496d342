"""Surplus: a person of finance decides what becomes of money that fits no order, or finds the order it is for."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation import clock
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.principal import Principal
from shop.orders.order_book import BANK_TRANSFER, Order
from shop.payments.money_in import BankLine, Payment, paid_cents
from shop.payments.record import settle, still_sellable
from shop.transfers.disposals import Disposal
from shop.transfers.matching import CLOSED, AllocationRefused, allocate, unallocated, update_state
from shop.transfers.store_credit import add_store_credit


def lock_line(session: Session, line_id: object) -> tuple[BankLine, Payment]:
    """A line and its payment, locked. Raises NoResultFound for what is not there."""
    line = session.scalars(
        select(BankLine).where(BankLine.id == line_id, BankLine.kind == "TRANSFER").with_for_update()
    ).one()
    return line, session.scalars(select(Payment).where(Payment.bank_line_id == line.id)).one()


def allocate_by_hand(
    session: Session, line: BankLine, payment: Payment, order: Order, amount_cents: int, by: Principal
) -> None:
    """Finance says what a transfer is for. The order's and the line's rows must be locked. Raises AllocationRefused."""
    if amount_cents <= 0 or amount_cents > unallocated(session, payment):
        raise AllocationRefused("more_than_is_left")
    if amount_cents > order.gross_cents - paid_cents(session, order.id):
        raise AllocationRefused("more_than_is_owed")
    if order.state in CLOSED and not still_sellable(session, order):
        raise AllocationRefused("order_closed")
    allocate(session, order, payment, amount_cents, "by_hand", by)
    record_event(
        session, "transfer.allocated", Subject("bank_line", line.id), by, order_id=order.id, cents=amount_cents
    )
    if paid_cents(session, order.id) >= order.gross_cents:
        settle(session, order, BANK_TRANSFER)
    update_state(session, line, payment, named=True)


def give_store_credit(session: Session, line: BankLine, payment: Payment, party_id: object, by: Principal) -> int:
    """What is left of a transfer becomes the party's store credit; answers the cents. Raises AllocationRefused."""
    left = _left(session, payment)
    disposal = _dispose(session, payment, "STORE_CREDIT", left, by, party_id)
    cause = Cause("disposal", disposal.id)
    add_store_credit(session, disposal.party_id, cause, Account("suspense", owner=payment.id), left)  # type: ignore[arg-type]
    record_event(session, "transfer.credited", Subject("bank_line", line.id, disposal.party_id), by, cents=left)
    update_state(session, line, payment, named=True)
    return left


def send_back(session: Session, line: BankLine, payment: Payment, by: Principal) -> int:
    """Finance has sent what is left back to the payer; answers the cents. Raises AllocationRefused."""
    left = _left(session, payment)
    disposal = _dispose(session, payment, "RETURNED", left, by, None)
    posting = Posting(Account("suspense", owner=payment.id), Account("bank"), left)
    book(session, Cause("disposal", disposal.id), [posting])
    record_event(session, "transfer.sent_back", Subject("bank_line", line.id), by, cents=left)
    update_state(session, line, payment, named=True)
    return left


def _left(session: Session, payment: Payment) -> int:
    left = unallocated(session, payment)
    if left <= 0:
        raise AllocationRefused("nothing_left")
    return left


def _dispose(  # noqa: PLR0913 - a disposal has a payment, a kind, an amount, a person and a party
    session: Session, payment: Payment, kind: str, amount_cents: int, by: Principal, party_id: object
) -> Disposal:
    disposal = Disposal(
        id=new_id(),
        payment_id=payment.id,
        kind=kind,
        party_id=party_id,
        amount_cents=amount_cents,
        disposed_at=clock.now(),
        disposed_by_user_id=by.user_id,
    )
    session.add(disposal)
    session.flush()
    return disposal
