"""The bank's side of a story: signed letters to the real endpoint; and the people of finance."""

import json
from collections.abc import Callable
from itertools import count

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Party
from foundation import clock
from foundation.ids import new_id
from foundation.principal import Principal
from foundation.settings import SANDBOX_WEBHOOK_SECRET
from foundation.webhook_signatures import signed_headers
from shop import Order, User
from shop.payments.money_in import BankLine
from shop.transfers import TransferFact, give_store_credit, lock_line, record_transfer
from tests.conftest import Transact
from tests.factories import a_studio, a_user

ACCOUNT = "IT60X0542811101000000123456"
PAYER = "IT34V0306953101100000000746"
FINANCE = Principal(user_id=None, party_id=None, role="finance")
Run = Callable[[], int]


class Bank:
    """The bank: tells of transfers and takes them back."""

    def __init__(self, client: FlaskClient, run_jobs: Run) -> None:
        self.client = client
        self.run_jobs = run_jobs
        self.numbers = count(1)

    def tell(self, letter_type: str, **data: object) -> int:
        """Send one letter and let it be opened; answers the status."""
        body = json.dumps({"type": letter_type, "data": data}).encode()
        headers = signed_headers(SANDBOX_WEBHOOK_SECRET, f"msg_{new_id()}", body)
        answer = self.client.post("/webhooks/bank", data=body, headers=headers, content_type="application/json")
        self.run_jobs()
        return answer.status_code

    def transfer(self, amount_cents: int, remittance: str, **more: object) -> str:
        """A transfer arrives; answers its reference."""
        reference = str(more.pop("id", f"TRN{next(self.numbers):06d}"))
        facts: dict[str, object] = {
            "booked_on": clock.today().isoformat(),
            "currency": "EUR",
            "account_iban": ACCOUNT,
            "debtor_iban": PAYER,
            "debtor_name": "Studio Ferraris",
        }
        told = facts | {"id": reference, "amount_cents": amount_cents, "remittance": remittance} | more
        assert self.tell("transfer.received", **told) == 204
        return reference

    def take_back(self, reference: str, amount_cents: int, **more: object) -> None:
        """The bank returns a transfer."""
        facts: dict[str, object] = {
            "id": f"R-{reference}",
            "returns_id": reference,
            "amount_cents": amount_cents,
            "booked_on": clock.today().isoformat(),
            "currency": "EUR",
            "account_iban": ACCOUNT,
            "remittance": "",
        }
        assert self.tell("transfer.returned", **facts | more) == 204


def now(tx: Transact, order: Order) -> Order:
    """The order as it stands."""
    with tx() as session:
        return session.get_one(Order, order.id)


def lines(tx: Transact) -> list[BankLine]:
    """Every bank line, oldest first."""
    with tx() as session:
        return list(session.scalars(select(BankLine).order_by(BankLine.id)))


def finance_people(session: Session, count_: int = 2) -> list[User]:
    """People of finance; they act for the vendor."""
    vendor: Party = a_studio(session, name="Demo Software S.r.l.")
    return [a_user(session, vendor.id, role="finance", name=f"Finanza {number}") for number in range(1, count_ + 1)]


def credit_of(tx: Transact, party: Party, cents: int) -> None:
    """A surplus that finance turned into store credit."""
    with tx() as session:
        fact = TransferFact("bank_webhook", ACCOUNT, clock.today(), cents, "eccedenza", bank_reference=f"X{cents}")
        line = record_transfer(session, fact)
        assert line is not None
        held, payment = lock_line(session, line.id)
        give_store_credit(session, held, payment, party.id, FINANCE)
