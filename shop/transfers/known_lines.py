"""Known lines (M15): whether two tellings speak of the same transfer; two genuine equal transfers stay two."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from foundation.settings import current_settings
from foundation.tokens import keyed_hash
from shop.payments.money_in import BankLine
from shop.transfers.references import references_in

TRANSFER = "TRANSFER"
RETURN = "RETURN"
MANUAL = "manual"
REPLACED = "REPLACED"
"""The state of a line confirmed by hand whose place the bank's own line has taken: it tells of no transfer any more."""
_ABOUT = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class TransferFact:
    """A transfer as somebody tells it: the bank's notification, a statement line, or a person of finance.

    `bank_reference` is the bank's own id where it gives one; `occurrence` numbers equal lines of a file;
    a telling with neither is the first of its kind.
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


def tidy(fact: TransferFact) -> TransferFact:
    """The same fact as every way of telling would write it: account numbers without blanks, in capitals."""
    numbered = fact.occurrence is not None or fact.source == MANUAL or bool(fact.bank_reference)
    return replace(
        fact,
        occurrence=fact.occurrence if numbered else 1,
        account_iban=plain_iban(fact.account_iban),
        currency=fact.currency.upper(),
        bank_reference=fact.bank_reference or None,
        debtor_iban=plain_iban(fact.debtor_iban or "") or None,
    )


def plain_iban(text: str) -> str:
    """An account number without blanks, in capitals."""
    return "".join(text.split()).upper()


def fingerprint(fact: TransferFact) -> str:
    """What makes two tellings of a transfer look the same: account, day, amount, payer's IBAN and remittance.

    Keyed, like `debtor_hash`: against a plain hash one could try IBANs after the payer's was blanked (M17).
    """
    parts = (fact.account_iban, fact.booked_on.isoformat(), str(fact.amount_cents), fact.debtor_iban or "")
    foreign = () if fact.currency == "EUR" else (fact.currency,)
    told = "\x1f".join((*parts, _folded(fact.remittance), *foreign))
    return keyed_hash(current_settings().payer_key, "fingerprint", told)


def _folded(remittance: str) -> str:
    return " ".join(remittance.upper().split())


def debtor_hash(debtor_iban: str | None) -> str | None:
    """What stays of a payer's IBAN once it is blanked: enough to recognise the payer again (M17)."""
    return keyed_hash(current_settings().payer_key, "debtor", debtor_iban) if debtor_iban else None


def next_occurrence(session: Session, digest: str) -> int:
    """The number of one more line that looks like this."""
    query = select(func.coalesce(func.max(BankLine.occurrence), 0)).where(BankLine.fingerprint == digest)
    return int(session.execute(query).scalar_one()) + 1


def known_line(session: Session, fact: TransferFact) -> BankLine | None:
    """The line that tells the same transfer, if there is one. The account must be locked."""
    own = (BankLine.account_iban == fact.account_iban, BankLine.kind == TRANSFER)
    standing = (*own, BankLine.state != REPLACED)
    if fact.source == MANUAL:
        return _told_already(session, fact, *standing)
    if fact.bank_reference is not None:
        told = session.scalars(select(BankLine).where(*own, BankLine.bank_reference == fact.bank_reference))
        if (line := told.one_or_none()) is not None:
            return line
    return (
        _alike(session, fact, BankLine.fingerprint == fingerprint(fact), *standing)
        or _told_with_less(session, fact, *standing)
        or _confirmed_by_hand(session, fact, *standing)
    )


def _alike(session: Session, fact: TransferFact, *where: ColumnElement[bool]) -> BankLine | None:
    """The k-th equal line; where the teller numbers none, the first that another way told without a reference."""
    alike = select(BankLine).where(*where).order_by(BankLine.occurrence)
    if fact.bank_reference is not None:
        # Two different references of the bank are two transfers, however equal they look.
        alike = alike.where(BankLine.bank_reference.is_(None))
    if fact.occurrence is not None:
        return session.scalars(alike.where(BankLine.occurrence == fact.occurrence)).one_or_none()
    unnamed = alike.where(BankLine.bank_reference.is_(None), BankLine.source != fact.source)
    return session.scalars(unnamed.limit(1)).one_or_none()


def _told_with_less(session: Session, fact: TransferFact, *where: ColumnElement[bool]) -> BankLine | None:
    """Some statements leave out the payer's IBAN: the rest being equal, that telling is the same transfer too."""
    less = BankLine.debtor_hash.is_not(None) if fact.debtor_iban is None else BankLine.debtor_hash.is_(None)
    query = select(BankLine).where(
        *where,
        less,
        BankLine.source != fact.source,
        BankLine.source != MANUAL,
        BankLine.booked_on == fact.booked_on,
        BankLine.amount_cents == fact.amount_cents,
        BankLine.currency == fact.currency,
    )
    if fact.bank_reference is not None:
        query = query.where(BankLine.bank_reference.is_(None))
    alike = [
        line
        for line in session.scalars(query.order_by(BankLine.id))
        if _folded(line.remittance) == _folded(fact.remittance)
    ]
    place = (fact.occurrence or 1) - 1
    return alike[place] if place < len(alike) else None


def _confirmed_by_hand(session: Session, fact: TransferFact, *where: ColumnElement[bool]) -> BankLine | None:
    """A person confirmed this transfer before the bank told it: same order, same amount, about the same day."""
    query = _about(fact, *where).where(BankLine.source == MANUAL)
    return _naming_the_same(session.scalars(query), fact)


def _told_already(session: Session, fact: TransferFact, *where: ColumnElement[bool]) -> BankLine | None:
    """What a person wants to confirm has been told before them, by the bank or by a colleague."""
    query = _about(fact, *where).where(BankLine.state != "RETURNED")
    return _naming_the_same(session.scalars(query), fact)


def _about(fact: TransferFact, *where: ColumnElement[bool]) -> Select[BankLine]:
    return (
        select(BankLine)
        .where(*where, BankLine.amount_cents == fact.amount_cents, about_the_same_day(fact.booked_on))
        .where(BankLine.currency == fact.currency)
        .order_by(BankLine.id)
    )


def about_the_same_day(booked_on: date) -> ColumnElement[bool]:
    """Lines booked within five days of this one.

    A bank may tell any day of the calendar; at its two ends the window is shorter, as money is never lost (D11).
    """
    first = max(booked_on, date.min + _ABOUT) - _ABOUT
    last = min(booked_on, date.max - _ABOUT) + _ABOUT
    return BankLine.booked_on.between(first, last)


def _naming_the_same(lines: Iterable[BankLine], fact: TransferFact) -> BankLine | None:
    wanted = {one.number for one in references_in(fact.remittance, fact.end_to_end_id)}
    return next(
        (line for line in lines if {one.number for one in references_in(line.remittance, line.end_to_end_id)} & wanted),
        None,
    )
