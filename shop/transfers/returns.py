"""Returns: a transfer goes back. Inside its window it stops fulfilment (D9); afterwards finance decides (D10)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book, hold_coupons, hold_purchases, recover_unused
from foundation import clock
from foundation.events import record_event
from foundation.ids import new_id
from shop.orders.order_book import Order, lines_of
from shop.orders.placing import tell_buyer
from shop.payments.finance_tasks import Concern, close_tasks, open_task
from shop.payments.money_in import BankLine, Payment, PaymentAllocation, due_cents
from shop.payments.record import lock_order, open_finance_task
from shop.payments.reversals import kept_cents
from shop.transfers.bank_lines import line_subject, lock_account, payment_of
from shop.transfers.disposals import CREDITED, REVERSED, Disposal, dispose
from shop.transfers.known_lines import RETURN, TRANSFER
from shop.transfers.matching import (
    CLAIM,
    CLOSED,
    RETURNED_AFTER,
    allocate,
    allocated_cents,
    suspense,
    unallocated,
    update_state,
)
from shop.transfers.refunded_twice import claim_what_went_twice, take_refunded_credit
from shop.transfers.store_credit import credit_account, take_store_credit
from shop.transfers.waiting_again import wait_again


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
    currency: str = "EUR"


class UnknownTransfer(Exception):
    """A return names a transfer that is not known (yet): it is kept and tried again, never an error."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


def record_return(session: Session, fact: ReturnFact) -> BankLine | None:
    """Undo what a returned transfer did, as far as it can be undone; answers None when the return is known already.

    It is taken, in this order, from what of the transfer waits, from orders not yet fulfilled, from the store
    credit it became, from fulfilled orders (a case for finance); what is left nowhere is a claim.

    Raises UnknownTransfer.
    """
    lock_account(session, fact.account_iban)
    if _known_return(session, fact):
        return None
    own = (BankLine.account_iban == fact.account_iban, BankLine.kind == TRANSFER)
    query = select(BankLine).where(*own, BankLine.bank_reference == fact.returns_reference)
    returned = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if returned is None:
        raise UnknownTransfer(fact.returns_reference)
    if returned.currency != fact.currency:
        # What came as dollars and leaves as euro cannot be undone by figures: a person looks at both.
        return record_unknown_return(session, fact)
    line = _store(session, fact, returned.id)
    payment = payment_of(session, returned.id)
    still_to_find = fact.amount_cents
    for found in _found(session, payment, still_to_find):
        still_to_find -= found
    _claim(session, returned, payment, line, still_to_find)
    _book_return(session, line, payment, still_to_find)
    _close(session, returned, payment, fact.amount_cents)
    return line


def record_unknown_return(session: Session, fact: ReturnFact) -> BankLine | None:
    """Keep a return whose transfer never came: a claim, and a task for finance. Answers None when it is known."""
    lock_account(session, fact.account_iban)
    if _known_return(session, fact):
        return None
    line = _store(session, fact, None)
    line.state = "UNIDENTIFIED"
    claims, bank = Account("claims", unit=line.currency, owner=line.id), Account("bank", unit=line.currency)
    book(session, Cause("bank_return", line.id), [Posting(claims, bank, fact.amount_cents)])
    facts = {"amount_cents": fact.amount_cents, "currency": line.currency}
    open_task(session, Concern("unknown_return", line_subject(line), facts))
    return line


def _known_return(session: Session, fact: ReturnFact) -> bool:
    # Some banks number a return like the transfer it returns: its kind tells them apart.
    own = (BankLine.account_iban == fact.account_iban, BankLine.kind == RETURN)
    query = select(BankLine.id).where(*own, BankLine.bank_reference == fact.bank_reference)
    return session.scalars(query).one_or_none() is not None


def _store(session: Session, fact: ReturnFact, returns_id: UUID | None) -> BankLine:
    line = BankLine(
        id=new_id(),
        account_iban=fact.account_iban,
        bank_reference=fact.bank_reference,
        fingerprint=f"return:{fact.account_iban}:{fact.bank_reference}",
        occurrence=1,
        kind=RETURN,
        state="MATCHED",
        booked_on=fact.booked_on,
        amount_cents=-fact.amount_cents,
        currency=fact.currency,
        remittance=fact.remittance,
        returns_id=returns_id,
        source=fact.source,
        recorded_at=clock.now(),
    )
    session.add(line)
    session.flush()
    return line


def _found(session: Session, payment: Payment, wanted_cents: int) -> Iterator[int]:
    """Take back what the transfer did, bit by bit, until so much is found; each bit lies in suspense again."""
    wanted = wanted_cents - min(wanted_cents, unallocated(session, payment))
    yield wanted_cents - wanted
    orders = [lock_order(session, order_id) for order_id in _orders_paid_by(session, payment.id)]
    for order in (one for one in orders if one.fulfilled_at is None):
        taken = _take_back(session, order, payment, wanted)
        wanted -= taken
        yield taken
    taken = _take_credit_back(session, payment, wanted)
    wanted -= taken
    yield taken
    for order in (one for one in orders if one.fulfilled_at is not None):
        taken = _take_back(session, order, payment, wanted)
        wanted -= taken
        yield taken


def _orders_paid_by(session: Session, payment_id: UUID) -> list[UUID]:
    query = select(PaymentAllocation.order_id).where(PaymentAllocation.payment_id == payment_id).distinct()
    return sorted(session.scalars(query))


def _take_back(session: Session, order: Order, payment: Payment, most_cents: int) -> int:
    amount = min(most_cents, allocated_cents(session, payment.id, order.id))
    if amount <= 0:
        return 0
    given = take_refunded_credit(session, order, payment, amount) if order.state == "FULFILLED" else 0
    if given == amount:
        return amount
    allocate(session, order, payment, given - amount, "returned")
    missing = order.gross_cents - kept_cents(session, order.id)
    if order.state in {"PAID", "ON_HOLD"}:
        wait_again(session, order)
    elif order.state == "FULFILLED" and missing > 0:
        # Like a dispute: what nobody has used is frozen until finance decides or the money comes again (D10).
        sold_for = {line.id: line.net_cents for line in lines_of(session, order.id)}
        hold_coupons(session, "order_line", list(sold_for), order.id, under_way=True)
        hold_purchases(session, "order_line", list(sold_for), order.id)
        recover_unused(session, "order_line", sold_for, Cause("transfer_return", order.id))
        open_finance_task(session, RETURNED_AFTER, order, {"amount_cents": amount})
        claim_what_went_twice(session, order, amount)
    if order.state in CLOSED and missing >= order.gross_cents:
        close_tasks(session, "closed_with_money", order.id, "money_returned")
    due = due_cents(session, order)
    if order.state not in CLOSED and due > 0:
        # What the mail asks for is what the matcher takes and the order's page says, whatever was refunded.
        figures = {"returned_cents": amount, "missing_cents": due}
        occasion = f"{payment.id}:{clock.now().isoformat()}"
        fulfilled = int(order.state == "FULFILLED")
        tell_buyer(session, order, "transfer_returned", occasion=occasion, fulfilled=fulfilled, **figures)
    return amount


def _take_credit_back(session: Session, payment: Payment, most_cents: int) -> int:
    """Store credit that the transfer became goes too, as far as its party has not spent it."""
    found = 0
    for party_id, credited in _credited(session, Disposal.payment_id == payment.id):
        amount = take_store_credit(session, party_id, min(credited, most_cents - found))
        if amount:
            disposal = dispose(session, payment, CREDITED, -amount, party_id=party_id)
            book(
                session, Cause("disposal", disposal.id), [Posting(credit_account(party_id), suspense(payment), amount)]
            )
            found += amount
    return found


def _credited(session: Session, *where: ColumnElement[bool]) -> list[tuple[UUID, int]]:
    query = (
        select(Disposal.party_id, func.sum(Disposal.amount_cents))
        .where(*where, Disposal.kind == CREDITED)
        .group_by(Disposal.party_id)
        .order_by(Disposal.party_id)
    )
    return [(party_id, int(amount)) for party_id, amount in session.execute(query) if party_id is not None]


def _claim(session: Session, returned: BankLine, payment: Payment, line: BankLine, missing_cents: int) -> None:
    """What was credited and spent, sent back before, or returned twice is left nowhere: somebody owes it."""
    if missing_cents > 0:
        facts = {"claim_cents": missing_cents, "amount_cents": -line.amount_cents, "payment_id": str(payment.id)}
        open_task(session, Concern(CLAIM, line_subject(returned), facts))


def _book_return(session: Session, line: BankLine, payment: Payment, missing_cents: int) -> None:
    """The money leaves the bank: out of suspense what was found, out of a claim the rest."""
    found, bank = -line.amount_cents - missing_cents, Account("bank", unit=line.currency)
    if found > 0:
        dispose(session, payment, REVERSED, found)
    claims = Account("claims", unit=line.currency, owner=payment.id)
    book(
        session,
        Cause("bank_return", line.id),
        [Posting(suspense(payment), bank, found), Posting(claims, bank, missing_cents)],
    )


def _close(session: Session, returned: BankLine, payment: Payment, amount_cents: int) -> None:
    """A transfer that went back whole is over; of one that went back in part the rest stands where it stood."""
    record_event(session, "transfer.returned", line_subject(returned), amount_cents=amount_cents)
    update_state(session, returned, payment, named=returned.state != "UNIDENTIFIED")
    whole = select(func.sum(BankLine.amount_cents)).where(BankLine.returns_id == returned.id)
    if -int(session.execute(whole).scalar_one()) >= payment.amount_cents:
        returned.state = "RETURNED"
