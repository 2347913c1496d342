"""Decisions of finance about money: a transfer confirmed by hand, a surplus credited or sent back, in four eyes."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from foundation import clock
from foundation.principal import Principal
from foundation.settings import current_settings
from shop.orders.order_book import Order
from shop.orders.placing import order_subject
from shop.payments.money_in import BankLine, Payment
from shop.transfers.bank_lines import line_subject, lock_account, record_transfer
from shop.transfers.four_eyes import (
    CONFIRM_BY_HAND,
    SEND_BACK,
    STORE_CREDIT,
    FinanceDecision,
    Wish,
    ask,
    carries_out,
)
from shop.transfers.known_lines import MANUAL, TransferFact, plain_iban
from shop.transfers.matching import EURO, unallocated
from shop.transfers.refusals import AllocationRefused, ConfirmationRefused
from shop.transfers.surplus import give_store_credit, lock_line, send_back

OLDEST_DAYS = 366


def ask_confirmation(
    session: Session, order: Order, booked_on: date, amount_cents: int, by: Principal
) -> FinanceDecision:
    """A person of finance saw a transfer on the account: it is recorded as if the bank had told it.

    From the threshold on it waits for a second person. Told by the bank later, it is the same line. The order's row
    must not be locked yet: like a letter of the bank it is locked after the account.
    Raises ConfirmationRefused, AlreadyAsked.
    """
    # One at a time: two sums asked for at the same instant count together (four eyes).
    lock_account(session, plain_iban(current_settings().seller.iban))
    today = clock.today()
    if booked_on > today or (today - booked_on).days > OLDEST_DAYS:
        raise ConfirmationRefused("day")
    if amount_cents <= 0:
        raise ConfirmationRefused("amount")
    wish = Wish(CONFIRM_BY_HAND, order_subject(order), amount_cents, order_id=order.id, booked_on=booked_on)
    return ask(session, wish, by)


@carries_out(CONFIRM_BY_HAND)
def _confirm(session: Session, decision: FinanceDecision, by: Principal) -> None:
    order = session.get_one(Order, decision.order_id)
    fact = TransferFact(
        source=MANUAL,
        account_iban=current_settings().seller.iban,
        booked_on=decision.booked_on or clock.today(),
        amount_cents=decision.amount_cents,
        remittance=order.rf_reference,
    )
    line = record_transfer(session, fact, by)
    if line is None:
        raise ConfirmationRefused("told_already")
    decision.facts = decision.facts | {"bank_line_id": str(line.id)}


def ask_store_credit(
    session: Session, line: BankLine, payment: Payment, party_id: UUID, by: Principal
) -> FinanceDecision:
    """What is left of a transfer is to become a party's store credit. The line must be locked.

    Raises AllocationRefused, AlreadyAsked.
    """
    left = _left(session, payment)
    if payment.currency != EURO:
        raise AllocationRefused("foreign_currency")
    return ask(session, Wish(STORE_CREDIT, line_subject(line), left, party_id=party_id), by)


@carries_out(STORE_CREDIT)
def _credit(session: Session, decision: FinanceDecision, by: Principal) -> None:
    line, payment = lock_line(session, decision.subject_id)
    _same_amount(session, decision, payment)
    if decision.party_id is None:
        raise AllocationRefused("nobody")
    give_store_credit(session, line, payment, decision.party_id, by)


def ask_to_send_back(session: Session, line: BankLine, payment: Payment, by: Principal) -> FinanceDecision:
    """What is left of a transfer is to go back to its payer. The line must be locked.

    Raises AllocationRefused, AlreadyAsked.
    """
    return ask(session, Wish(SEND_BACK, line_subject(line), _left(session, payment)), by)


@carries_out(SEND_BACK)
def _send_back(session: Session, decision: FinanceDecision, by: Principal) -> None:
    line, payment = lock_line(session, decision.subject_id)
    _same_amount(session, decision, payment)
    send_back(session, line, payment, by)


def _left(session: Session, payment: Payment) -> int:
    left = unallocated(session, payment)
    if left <= 0:
        raise AllocationRefused("nothing_left")
    return left


def _same_amount(session: Session, decision: FinanceDecision, payment: Payment) -> None:
    """The second person approves the sum they were shown; if it has changed meanwhile, it is asked for anew."""
    if unallocated(session, payment) != decision.amount_cents:
        raise AllocationRefused("amount_changed")
