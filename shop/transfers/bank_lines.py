"""Bank lines (M15): a transfer is one line, however often and by whatever way it is told; two genuine equal ones are two."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation import clock
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.settings import current_settings
from foundation.tokens import keyed_hash
from shop.payments.money_in import BankLine, Payment
from shop.transfers.matching import match_line
from shop.transfers.references import references_in

TRANSFER = "TRANSFER"
RETURN = "RETURN"
_MANUAL_DAYS = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class TransferFact:
    """A transfer as somebody tells it: the bank's notification, a statement line, or a person of finance.

    `bank_reference` is the bank's own id where it gives one; `occurrence` numbers equal lines without one within a file.
    """

    source: str
    account_iban: str
    booked_on: date
    amount_cents: int
    remittance: str
    currency: str = "EUR"
    bank_reference: str | None = None
    end_to_end_id: str | None = None
    debtor_name: str | None = None
    debtor_iban: str | None = None
    occurrence: int | None = None


def record_transfer(session: Session, fact: TransferFact) -> BankLine | None:
    """Store a transfer in, book it, and match it to what it pays; answers None when this transfer is known already."""
    lock_account(session, fact.account_iban)
    known = known_line(session, fact)
    if known is not None:
        known.bank_reference = known.bank_reference or fact.bank_reference
        known.debtor_name, known.debtor_iban = (
            known.debtor_name or fact.debtor_name,
            known.debtor_iban or fact.debtor_iban,
        )
        return None
    line = _new_line(session, fact)
    session.add(line)
    session.flush()
    payment = _receive(session, line)
    record_event(session, "transfer.recorded", Subject("bank_line", line.id), amount_cents=line.amount_cents)
    match_line(session, line, payment)
    return line


def lock_account(session: Session, account_iban: str) -> None:
    """One line of an account at a time: counting equal lines is a decision over several rows."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"bank:{account_iban}", 0))))


def fingerprint(fact: TransferFact) -> str:
    """What makes two tellings of a transfer look the same: account, day, amount, payer's IBAN and remittance."""
    remittance = " ".join(fact.remittance.upper().split())
    parts = (fact.account_iban, fact.booked_on.isoformat(), str(fact.amount_cents), fact.debtor_iban or "", remittance)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def known_line(session: Session, fact: TransferFact) -> BankLine | None:
    """The line that tells the same transfer, if there is one."""
    own = select(BankLine).where(BankLine.account_iban == fact.account_iban, BankLine.kind == TRANSFER)
    if fact.bank_reference is not None:
        told = session.scalars(own.where(BankLine.bank_reference == fact.bank_reference)).one_or_none()
        if told is not None:
            return told
    alike = own.where(BankLine.fingerprint == fingerprint(fact)).order_by(BankLine.occurrence)
    if fact.occurrence is not None:
        return session.scalars(alike.where(BankLine.occurrence == fact.occurrence)).one_or_none()
    # Another way told it without a reference: that telling and this one are the same transfer.
    unnamed = alike.where(BankLine.bank_reference.is_(None), BankLine.source != fact.source)
    return session.scalars(unnamed.limit(1)).one_or_none() or _confirmed_by_hand(session, fact)


def _confirmed_by_hand(session: Session, fact: TransferFact) -> BankLine | None:
    """A person confirmed this transfer before the bank told it: same order, same amount, about the same day."""
    if fact.source == "manual":
        return None
    numbers = {reference.number for reference in references_in(fact.remittance, fact.end_to_end_id)}
    candidates = session.scalars(
        select(BankLine).where(
            BankLine.source == "manual",
            BankLine.bank_reference.is_(None),
            BankLine.kind == TRANSFER,
            BankLine.amount_cents == fact.amount_cents,
            BankLine.booked_on.between(fact.booked_on - _MANUAL_DAYS, fact.booked_on + _MANUAL_DAYS),
        )
    )
    return next((line for line in candidates if {one.number for one in references_in(line.remittance)} & numbers), None)


def _new_line(session: Session, fact: TransferFact) -> BankLine:
    digest = fingerprint(fact)
    alike = session.scalar(select(func.count()).where(BankLine.fingerprint == digest)) or 0
    return BankLine(
        id=new_id(),
        account_iban=fact.account_iban,
        bank_reference=fact.bank_reference,
        fingerprint=digest,
        occurrence=fact.occurrence or alike + 1,
        kind=TRANSFER,
        state="UNIDENTIFIED",
        booked_on=fact.booked_on,
        amount_cents=fact.amount_cents,
        currency=fact.currency,
        remittance=fact.remittance,
        end_to_end_id=fact.end_to_end_id,
        debtor_name=fact.debtor_name,
        debtor_iban=fact.debtor_iban,
        debtor_hash=_debtor_hash(fact.debtor_iban),
        source=fact.source,
        recorded_at=clock.now(),
    )


def _debtor_hash(debtor_iban: str | None) -> str | None:
    return keyed_hash(current_settings().secret_key, "debtor", debtor_iban) if debtor_iban else None


def _receive(session: Session, line: BankLine) -> Payment:
    payment = Payment(
        id=new_id(),
        source="bank",
        external_id=str(line.id),
        method="bank_transfer",
        amount_cents=line.amount_cents,
        currency=line.currency,
        livemode=True,
        received_at=clock.rome_midnight(line.booked_on),
        recorded_at=line.recorded_at,
        bank_line_id=line.id,
    )
    session.add(payment)
    session.flush()
    posting = Posting(Account("bank"), suspense(payment.id), line.amount_cents)
    book(session, Cause("payment", payment.id), [posting])
    return payment


def suspense(payment_id: UUID) -> Account:
    """Where a payment's money waits until it is known what it is for."""
    return Account("suspense", owner=payment_id)
