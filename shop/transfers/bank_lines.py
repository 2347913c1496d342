"""Bank lines (M15): a transfer is one line, however often and however it is told; two genuine equal ones are two."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation import clock
from foundation.events import Subject, record_event
from foundation.faults import fault_point
from foundation.ids import new_id
from foundation.principal import Principal
from foundation.settings import current_settings
from shop.orders.order_book import Order
from shop.payments.finance_tasks import Concern, open_task
from shop.payments.money_in import BankLine, Payment, PaymentAllocation
from shop.transfers.known_lines import (
    MANUAL,
    TRANSFER,
    TransferFact,
    debtor_hash,
    fingerprint,
    known_line,
    next_occurrence,
    tidy,
)
from shop.transfers.matching import TAKEN_OFF, match_line, suspense, unallocated
from shop.transfers.references import references_in

PERHAPS_TWICE = "perhaps_twice"
"""The finance task of a transfer that the bank tells when the money of its confirmation by hand went elsewhere."""
_FIRST_DAY = date.min + timedelta(days=1)


def record_transfer(session: Session, told: TransferFact, by: Principal | None = None) -> BankLine | None:
    """Store a transfer in, book it, and match it to what it pays; answers None when this transfer is known already."""
    fact = tidy(told)
    lock_account(session, fact.account_iban)
    known = known_line(session, fact)
    off = _taken_off(session, known, fact) if known is not None else None
    if known is not None and (off is None or _waits_whole(session, known)):
        _learn(session, known, fact)
        if off is not None:
            # A person did not know whose it is; now the bank names the order.
            match_line(session, known, payment_of(session, known.id))
        return None
    line = _new_line(session, fact)
    session.add(line)
    session.flush()
    payment = _receive(session, line)
    fault_point("transfer.recorded")
    record_event(
        session, "transfer.recorded", line_subject(line), by, amount_cents=line.amount_cents, source=fact.source
    )
    match_line(session, line, payment)
    if known is not None:
        # Perhaps one transfer after all, with its money given away by hand before: a person looks at both.
        facts = {"amount_cents": line.amount_cents}
        open_task(session, Concern(PERHAPS_TWICE, line_subject(known), facts, off))
    return line


def _taken_off(session: Session, known: BankLine, fact: TransferFact) -> UUID | None:
    """The order that the bank names, if a person had confirmed the line for it and took it off again."""
    if known.source != MANUAL or fact.source == MANUAL:
        return None
    # As every act of the desk: the line's row first, its orders afterwards.
    session.refresh(known, with_for_update=True)
    named = [one.number for one in references_in(fact.remittance, fact.end_to_end_id)]
    query = (
        select(PaymentAllocation.order_id)
        .join(Payment, Payment.id == PaymentAllocation.payment_id)
        .join(Order, Order.id == PaymentAllocation.order_id)
        .where(Payment.bank_line_id == known.id, Order.number.in_(named))
        .group_by(PaymentAllocation.order_id)
        .having(func.sum(PaymentAllocation.amount_cents) <= 0, func.bool_or(PaymentAllocation.reason == TAKEN_OFF))
    )
    return session.scalars(query.limit(1)).one_or_none()


def _waits_whole(session: Session, line: BankLine) -> bool:
    return unallocated(session, payment_of(session, line.id)) == line.amount_cents


def line_subject(line: BankLine) -> Subject:
    """The line as the subject of an event; it belongs to the vendor, not to a buyer."""
    return Subject("bank_line", line.id)


def lock_account(session: Session, account_iban: str) -> None:
    """One line of an account at a time: counting equal lines is a decision over several rows."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"bank:{account_iban}", 0))))


def _learn(session: Session, known: BankLine, fact: TransferFact) -> None:
    """A second telling may know more; what a person confirmed by hand takes the bank's own words."""
    if fact.source == MANUAL:
        return
    known.bank_reference = known.bank_reference or fact.bank_reference
    if known.source == MANUAL:
        digest = fingerprint(fact)
        if known.fingerprint != digest:
            known.occurrence, known.fingerprint = next_occurrence(session, digest), digest
        known.remittance, known.booked_on = fact.remittance, fact.booked_on
        known.source, known.debtor_hash = fact.source, debtor_hash(fact.debtor_iban)
        record_event(session, "transfer.confirmed_by_bank", line_subject(known), source=fact.source)
    if clock.now() < known.recorded_at + current_settings().bank_payer_blanked_after:
        # Later the payer's data may have been blanked (M17): another telling must not bring them back.
        known.debtor_name = known.debtor_name or fact.debtor_name
        known.debtor_iban = known.debtor_iban or fact.debtor_iban


def _new_line(session: Session, fact: TransferFact) -> BankLine:
    digest = fingerprint(fact)
    return BankLine(
        id=new_id(),
        account_iban=fact.account_iban,
        bank_reference=fact.bank_reference,
        fingerprint=digest,
        occurrence=next_occurrence(session, digest),
        kind=TRANSFER,
        state="UNIDENTIFIED",
        booked_on=fact.booked_on,
        amount_cents=fact.amount_cents,
        currency=fact.currency,
        remittance=fact.remittance,
        end_to_end_id=fact.end_to_end_id,
        debtor_name=fact.debtor_name,
        debtor_iban=fact.debtor_iban,
        debtor_hash=debtor_hash(fact.debtor_iban),
        source=fact.source,
        recorded_at=clock.now(),
    )


def _receive(session: Session, line: BankLine) -> Payment:
    payment = Payment(
        id=new_id(),
        source="bank",
        external_id=str(line.id),
        method="bank_transfer",
        amount_cents=line.amount_cents,
        currency=line.currency,
        livemode=True,
        # In Rome the calendar's first day began before its first instant in UTC.
        received_at=clock.rome_midnight(max(line.booked_on, _FIRST_DAY)),
        recorded_at=line.recorded_at,
        bank_line_id=line.id,
    )
    session.add(payment)
    session.flush()
    posting = Posting(Account("bank", unit=line.currency), suspense(payment), line.amount_cents)
    book(session, Cause("payment", payment.id), [posting])
    return payment


def payment_of(session: Session, line_id: UUID) -> Payment:
    """The money a line brought."""
    return session.scalars(select(Payment).where(Payment.bank_line_id == line_id)).one()
