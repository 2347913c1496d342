"""What the stories of invitations begin with: a studio, a client who has only a mail, the bank, the vendor."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from entitlements import (
    Company,
    MemoryProvisioner,
    Party,
    Refused,
    invitations,
    purchase_of,
)
from foundation.jobs import drain
from foundation.mail import MemoryMailer
from shop import MemoryGateway, Order, User, settle_attempt
from shop.payments.attempts import PaymentAttempt
from shop.payments.money_in import FinanceTask
from tests.banking import Bank
from tests.browsing import Browser
from tests.conftest import Transact
from tests.entitlements.scenes import PAGES, browser_of
from tests.stories import COMPANY_FORM

CLIENT = "laura@brambilla.example.it"
PUBLIC = "http://127.0.0.1:8000"
CLAUSES = {"terms": "1", "studio": "1", "tacit_renewal": "1", "liability_limits": "1"}
_LINK = re.compile(rf"{PUBLIC}(/invito/\S+)")
_CODE = re.compile(r"Codice: (\d{6})")


@dataclass
class Street:
    """A studio and its owner's browser, the post, the bank, the payment page, the vendor's program, and time."""

    app: Flask
    tx: Transact
    studio: Party
    owner: User
    browser: Browser
    post: MemoryMailer
    gateway: MemoryGateway
    vendor: MemoryProvisioner
    bank: Bank
    run_jobs: Callable[[], int]
    advance: Callable[[timedelta], None]

    def invite(self, name: str = "Laura Brambilla", email: str = CLIENT, **more: str) -> UUID:
        """Send an invitation through the studio's form; answers its id."""
        self.browser.open("/inviti/nuovo")
        self.browser.send("Spedisci l’invito", client_name=name, client_email=email, **more)
        assert self.browser.url == "/inviti", self.browser.summary()
        self.run_jobs()
        with self.tx() as session:
            query = select(invitations.Invitation.id).where(invitations.Invitation.client_email == email)
            return session.scalars(query.order_by(invitations.Invitation.id.desc())).first() or UUID(int=0)

    def letters(self, to: str = CLIENT) -> list[EmailMessage]:
        """What was written to an address, oldest first."""
        return [message for message in self.post.messages if message["To"] == to]

    def subjects(self, to: str = CLIENT) -> list[str]:
        """The subjects of what was written to an address."""
        return [str(message["Subject"]) for message in self.letters(to)]

    def link(self, to: str = CLIENT, kind: str = "ti invita") -> str:
        """The link of the newest mail of a kind."""
        letter = next(one for one in reversed(self.letters(to)) if kind in str(one["Subject"]))
        found = _LINK.search(text_of(letter))
        assert found is not None
        return found[1]

    def code(self, to: str = CLIENT) -> str:
        """The newest code that was mailed."""
        letter = next(one for one in reversed(self.letters(to)) if "codice" in str(one["Subject"]))
        found = _CODE.search(text_of(letter))
        assert found is not None
        return found[1]

    def client(self, link: str = "") -> Browser:
        """A browser nobody has signed in with, at the invitation's first page."""
        return Browser(self.app.test_client()).open(link or self.link())

    def filled(self, browser: Browser | None = None, **changes: str) -> Browser:
        """A client's browser at the summary, every step filled in."""
        browser = browser or self.client()
        browser.send("Continua con i dati dell’azienda")
        return fill_in_data(browser, **changes)

    def order(self, browser: Browser, method: str = "stripe") -> Browser:
        """Go on from the summary and order."""
        browser.follow("Vai al pagamento")
        button = next(one for one in browser.page.select("button") if "obbligo di pagare" in one.text)
        form = browser.form(button.get_text(" ", strip=True)) | CLAUSES | {"method": method}
        answer = browser.client.post(browser.url, data=form)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        location = answer.headers["Location"]
        return browser.open(location) if location.startswith("/") else browser

    def attempt(self) -> PaymentAttempt:
        """The last try to pay an invitation's order by card."""
        with self.tx() as session:
            query = select(PaymentAttempt).join(Order, Order.id == PaymentAttempt.order_id)
            found = session.scalars(query.where(Order.cart_id.is_(None)).order_by(PaymentAttempt.id.desc())).first()
        assert found is not None
        return found

    def page_id(self) -> str:
        """The hosted page of that try."""
        return self.attempt().session_id or ""

    def pay_by_card(self) -> None:
        """The hosted page of the newest order of an invitation is paid, and its letter arrives."""
        self.gateway.pay(self.page_id())
        with self.app.app_context():
            settle_attempt(self.attempt().id, self.gateway)

    def newest_order(self) -> Order:
        """The order that was placed last."""
        with self.tx() as session:
            order = session.scalars(select(Order).order_by(Order.id.desc())).first()
        assert order is not None
        return order

    def state(self, invitation_id: UUID) -> str:
        """Where an invitation stands."""
        with self.tx() as session:
            return session.get_one(invitations.Invitation, invitation_id).state

    def jobs_once(self) -> None:
        """Do what is ready now; what waits for its back-off keeps waiting."""
        with self.app.app_context():
            drain()

    def colleague(self) -> Browser:
        """Another browser of the same owner."""
        return browser_of(self.app, self.owner)


def fill_in_data(browser: Browser, **changes: str) -> Browser:
    """Fill in the whole form, page by page, seeing every doubt; ends on the summary."""
    form = COMPANY_FORM | changes
    for number, names in enumerate(PAGES, start=1):
        typed = {name: form[name] for name in names}
        while f"Passo {number} di 5" in browser.text:
            before = browser.text
            browser.send("Salva e continua", **typed)
            assert browser.text != before, browser.summary()
    return browser


def text_of(message: EmailMessage) -> str:
    """The plain text of a mail."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def company_bought(street: Street, invitation_id: UUID) -> Company:
    with street.tx() as session:
        purchase = purchase_of(session, invitation_id)
        assert purchase is not None
        assert purchase.company_id is not None
        return session.get_one(Company, purchase.company_id)


def open_tasks(street: Street, kind: str) -> int:
    with street.tx() as session:
        query = select(FinanceTask).where(FinanceTask.kind == kind, FinanceTask.resolved_at.is_(None))
        return len(session.scalars(query).all())


def purchase_standing(street: Street, invitation_id: UUID) -> tuple[str, bool]:
    """Where the purchase of an invitation stands, and whether a case holds it."""
    with street.tx() as session:
        purchase = purchase_of(session, invitation_id)
        assert purchase is not None
        return purchase.state, purchase.held_by_case is not None


def refused_by_the_vendor(street: Street) -> tuple[UUID, Browser]:
    """A client has paid and the vendor refused its company: the purchase waits for corrected data."""
    street.vendor.answers.append(Refused("La denominazione non corrisponde."))
    invitation = street.invite()
    browser = street.order(street.filled())
    street.pay_by_card()
    street.run_jobs()
    return invitation, browser
