"""Returns: a transfer goes back. Inside its window it stops fulfilment (D9); afterwards finance decides (D10)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation import clock
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.jobs import cancel_due, schedule_due
from foundation.settings import current_settings
from shop.orders.order_book import Order
from shop.orders.order_states import next_order_state
from shop.orders.placing import order_subject, tell_buyer
from shop.payments.money_in import BankLine, Payment, PaymentAllocation
from shop.payments.record import lock_order, open_finance_task
from shop.transfers.bank_lines import RETURN, lock_account
from shop.transfers.disposals import Disposal
from shop.transfers.matching import allocate, unallocated


@dataclass(frozen=True, slots=True)
class ReturnFact:
    """The bank took a transfer back: its own reference, and the reference of the transfer it returns."""

    source: str
    account_iban: str
    bank_reference: str
    returns_reference: str
    booked_on: date
    amount_cents: int
    remittance: str = ""


class UnknownTransfer(Exception):
    """A return names a transfer that is not known (yet): it is kept and tried again, never an error."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


def record_return(session: Session, fact: ReturnFact) -> BankLine | None:
    """Undo what a returned transfer did, as far as it can be undone; answers None when the return is known already.

    Raises UnknownTransfer.
    """
    lock_account(session, fact.account_iban)
    own = select(BankLine).where(BankLine.account_iban == fact.account_iban)
    if session.scalars(own.where(BankLine.bank_reference == fact.bank_reference)).one_or_none() is not None:
        return None
    returned = session.scalars(
        own.where(BankLine.bank_reference == fact.returns_reference, BankLine.kind != RETURN).with_for_update()
    ).one_or_none()
    if returned is None:
        raise UnknownTransfer(fact.returns_reference)
    line = _store(session, fact, returned)
    payment = session.scalars(select(Payment).where(Payment.bank_line_id == returned.id)).one()
    for order_id in _orders_paid_by(session, payment.id):
        _take_back(session, lock_order(session, order_id), payment)
    _book_return(session, line, payment)
    returned.state, line.state = "RETURNED", "MATCHED"
    record_event(session, "transfer.returned", Subject("bank_line", returned.id), amount_cents=fact.amount_cents)
    return line


def _store(session: Session, fact: ReturnFact, returned: BankLine) -> BankLine:
    line = BankLine(
        id=new_id(),
        account_iban=fact.account_iban,
        bank_reference=fact.bank_reference,
        fingerprint=f"return:{fact.account_iban}:{fact.bank_reference}",
        occurrence=1,
        kind=RETURN,
        state="MATCHED",
        booked_on=fact.booked_on,
        amount_cents=-abs(fact.amount_cents),
        currency="EUR",
        remittance=fact.remittance,
        returns_id=returned.id,
        source=fact.source,
        recorded_at=clock.now(),
    )
    session.add(line)
    session.flush()
    return line


def _orders_paid_by(session: Session, payment_id: UUID) -> list[UUID]:
    query = select(PaymentAllocation.order_id).where(PaymentAllocation.payment_id == payment_id).distinct()
    return sorted(session.scalars(query))


def _take_back(session: Session, order: Order, payment: Payment) -> None:
    mine = (PaymentAllocation.payment_id == payment.id, PaymentAllocation.order_id == order.id)
    amount = sum(session.scalars(select(PaymentAllocation.amount_cents).where(*mine)))
    if amount <= 0:
        return
    allocate(session, order, payment, -amount, "returned")
    if order.state == "FULFILLED":
        open_finance_task(session, "returned_after_fulfilment", order, {"amount_cents": amount})
        return
    if order.state in {"PAID", "ON_HOLD"}:
        _wait_again(session, order)
    tell_buyer(session, order, "transfer_returned", occasion=str(payment.id), returned_cents=amount)


def _wait_again(session: Session, order: Order) -> None:
    """Fulfilment is stopped; the buyer may pay again until a fresh term has passed."""
    if order.paid_at is not None:
        for rule in ("orders.fulfil", "orders.sla"):
            cancel_due(session, rule, order.id, order.paid_at.isoformat())
    order.state = next_order_state(order.state, "return_money")
    order.paid_at = order.fulfil_not_before = None
    order.expires_at = clock.now() + current_settings().order_expires_after
    order.version += 1
    schedule_due(session, "orders.expire", order.id, order.expires_at, period=order.expires_at.isoformat())
    record_event(session, "order.money_returned", order_subject(order))


def _book_return(session: Session, line: BankLine, payment: Payment) -> None:
    """What the payment still held in suspense leaves with the money; beyond it stands a claim against whoever spent it."""
    held = min(unallocated(session, payment), -line.amount_cents)
    waiting = Account("suspense", owner=payment.id)
    if held > 0:
        session.add(
            Disposal(id=new_id(), payment_id=payment.id, kind="REVERSED", amount_cents=held, disposed_at=clock.now())
        )
    postings = [Posting(waiting, Account("bank"), held)]
    postings.append(Posting(Account("claims", owner=payment.id), Account("bank"), -line.amount_cents - held))
    book(session, Cause("bank_return", line.id), postings)
