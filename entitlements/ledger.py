"""The ledger (M12): double entry, append-only. A transfer moves an amount from one account to another, once per cause.

Euro accounts are in cents; wallets in their own unit. A transfer debits one account and credits another by the same
amount, so debits equal credits by construction; what remains to be proven is that balances are what they should be.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.links import Cause
from foundation import clock
from foundation.database import APPEND_ONLY, Identified, Model
from foundation.driver_statements import directly
from foundation.ids import new_id

EUR_CENTS = "EUR"
NOBODY = UUID(int=0)
_ACCOUNTS = text(
    """
    WITH named AS (
      SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:units AS text[]),
                           CAST(:owners AS uuid[]), CAST(:labels AS text[]))
                    WITH ORDINALITY AS named(id, kind, unit, owner_id, label, place)
    ), known AS (
      SELECT a.id, kind, unit, owner_id, label FROM named JOIN ledger_accounts a USING (kind, unit, owner_id, label)
    ), made AS (
      INSERT INTO ledger_accounts (id, kind, unit, owner_id, label)
      SELECT id, kind, unit, owner_id, label FROM named
      WHERE (kind, unit, owner_id, label) NOT IN (SELECT kind, unit, owner_id, label FROM known) ORDER BY place
      ON CONFLICT DO NOTHING RETURNING id, kind, unit, owner_id, label
    )
    SELECT * FROM known UNION ALL SELECT * FROM made
    """
)

_BOOK = text(
    """
    INSERT INTO ledger_transfers (id, debit_account_id, credit_account_id, amount, unit, cause_kind, cause_id, ordinal,
                                  at, recorded_at)
    SELECT fresh.id, debit, credit, amount, unit, :cause_kind, :cause_id, ordinal, :now, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:debits AS uuid[]), CAST(:credits AS uuid[]), CAST(:amounts AS bigint[]),
                CAST(:units AS text[]), CAST(:ordinals AS bigint[]))
         AS fresh(id, debit, credit, amount, unit, ordinal)
    ON CONFLICT DO NOTHING RETURNING id
    """
)


class LedgerAccount(Identified, Model):
    """Something that holds a balance: one per kind, unit, owner and product.

    Kinds: bank, stripe_clearing, fees, receivable (owner: order), store_credit (owner: party), deferred (label: sku),
    vat (label: rate), revenue (label: sku), refunds, wallet (owner: bucket), wallet_issue, wallet_use, wallet_expiry.
    """

    __tablename__ = "ledger_accounts"
    __table_args__ = (UniqueConstraint("kind", "unit", "owner_id", "label"),)

    kind: Mapped[str]
    unit: Mapped[str]
    owner_id: Mapped[UUID]
    label: Mapped[str]


class LedgerTransfer(Identified, Model):
    """One movement; never changed, never deleted. A correction is another transfer."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id", "ordinal"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        Index("ix_ledger_transfers_debit", "debit_account_id", "at"),
        Index("ix_ledger_transfers_credit", "credit_account_id", "at"),
        {"info": {APPEND_ONLY: True}},
    )

    debit_account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_accounts.id"))
    credit_account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_accounts.id"))
    amount: Mapped[int]
    unit: Mapped[str]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    ordinal: Mapped[int]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """Names an account; it is made when first used."""

    kind: str
    unit: str = EUR_CENTS
    owner: UUID = NOBODY
    label: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """One transfer to be booked: `amount` > 0 in the accounts' unit."""

    debit: Account
    credit: Account
    amount: int


def book(session: Session, cause: Cause, postings: list[Posting], first_ordinal: int = 0) -> bool:
    """Book transfers for one cause, numbered from `first_ordinal`; zero amounts are left out.

    Answers False, and books nothing, when this cause has been booked already: the unique key carries the "once".
    """
    wanted = [posting for posting in postings if posting.amount]
    if not wanted:
        return True
    ids = account_ids(session, {account for posting in wanted for account in (posting.debit, posting.credit)})
    values = {
        "ids": [new_id() for _ in wanted],
        "debits": [ids[posting.debit] for posting in wanted],
        "credits": [ids[posting.credit] for posting in wanted],
        "amounts": [posting.amount for posting in wanted],
        "units": [posting.debit.unit for posting in wanted],
        "ordinals": list(range(first_ordinal, first_ordinal + len(wanted))),
        "cause_kind": cause.kind,
        "cause_id": cause.id,
        "now": clock.now(),
    }
    return len(directly(session, _BOOK, values).all()) == len(wanted)


def account_ids(session: Session, accounts: set[Account]) -> dict[Account, UUID]:
    """The ids of accounts, in one statement; those that do not exist yet are made."""
    # New accounts are made in one order everywhere, so that two transactions never wait for each other's.
    wanted = sorted(accounts)
    values: dict[str, object] = {
        "ids": [new_id() for _ in wanted],
        "kinds": [account.kind for account in wanted],
        "units": [account.unit for account in wanted],
        "owners": [account.owner for account in wanted],
        "labels": [account.label for account in wanted],
    }
    found: dict[Account, UUID] = {}
    # What another transaction made meanwhile is seen by the next statement.
    while len(found) < len(wanted):
        rows = directly(session, _ACCOUNTS, values).all()
        found = {Account(row.kind, row.unit, row.owner_id, row.label): row.id for row in rows}
    return found


def account_id(session: Session, account: Account) -> UUID:
    """The id of an account, made when it does not exist yet."""
    return account_ids(session, {account})[account]


def balance(session: Session, account: Account) -> int:
    """Credits minus debits of an account, summed from its transfers."""
    own = account_id(session, account)
    credits_ = select(func.coalesce(func.sum(LedgerTransfer.amount), 0)).where(LedgerTransfer.credit_account_id == own)
    debits = select(func.coalesce(func.sum(LedgerTransfer.amount), 0)).where(LedgerTransfer.debit_account_id == own)
    return int(session.execute(credits_).scalar_one()) - int(session.execute(debits).scalar_one())
