"""Two studios with everything a studio may have, the vendor's people, and a seat at the keyboard for each role."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from entitlements import Company, Party, Ready, activate_coupon, apply_answer, invitations, stock_of
from entitlements.connections.directory import ProfileText, keep_profile
from entitlements.connections.handovers import PayerHandover, propose_handover
from entitlements.connections.link_requests import LinkRequest, ask_to_link
from entitlements.connections.moves import MoveWish, StudioMove, propose_move
from entitlements.connections.proposals import Proposal
from entitlements.drafts import save_draft
from entitlements.links import link_of
from foundation import clock
from foundation.ids import new_id
from foundation.mail import Mail
from foundation.principal import Principal
from foundation.settings import SANDBOX_SECRET_KEY
from foundation.tokens import link_token
from shop import Membership, MoneyFact, Order, User, order_by_number, record_payment
from shop.accounts.api_tokens import create_api_token
from shop.accounts.mailed_links import CONFIRM_EMAIL, RESET_PASSWORD, send_link
from shop.accounts.members import INVITATION, invite_member
from shop.accounts.seat_people import invite_to_seat
from shop.carts import add_to_cart, open_cart
from shop.catalogue import current_price_book
from shop.invitations.locked_offers import invitable, lock_offer
from shop.orders.closing import cancel_order
from shop.orders.placing import CLAUSES
from shop.payments.late_payments import late_payments
from shop.payments.money_in import FinanceTask
from shop.payments.record import open_finance_task
from shop.transfers import TransferFact, ask_confirmation, record_transfer
from shop.web.accounts.web_session import cookie_name
from tests.conftest import Transact
from tests.factories import a_company, a_studio, a_user
from tests.races.numbers import activation_body, company_fields, vat_number
from tests.running import BASE, PANEL, SEATS, bought
from tests.signing import settings_of, sign_in
from tests.stories import a_paid_order, an_order, company_data, owner_of, stock_the_shop

# Above the threshold, so that a second person of finance must agree.
LARGE_CENTS = 500_000


@dataclass(frozen=True)
class Holding:
    """What one studio has, by the words the table fills paths with."""

    party: Party
    words: Mapping[str, Any]


@dataclass(frozen=True)
class Matrix:
    """Both studios' holdings; a session's cookie for each person, a header for each program."""

    app: Flask
    own: Holding
    other: Holding
    cookies: Mapping[str, str]
    headers: Mapping[str, Mapping[str, str]]

    def client(self, role: str) -> FlaskClient:
        """A fresh browser (or program) of a role, as it was before anything was asked."""
        client = self.app.test_client()
        if role in self.cookies:
            client.set_cookie(cookie_name(settings_of(client)), self.cookies[role])
        return client

    def words(self, whose: str, role: str) -> Mapping[str, Any]:
        """What `{word}` means for a role: its own studio's, or the other one's. The vendor's own is the first's."""
        at_home = (self.own, self.other) if not role.endswith("_b") else (self.other, self.own)
        return at_home[0 if whose == "own" else 1].words


def a_matrix(app: Flask, tx: Transact) -> Matrix:
    """Build it all with the product's own services."""
    people: dict[str, User] = {}
    with tx() as session:
        stock_the_shop(session)
        own, other = _holding(session, 1, people, ""), _holding(session, 2, people, "_b")
        vendor = a_studio(session, kind="VENDOR", name="Venditore", vat_number=None, tax_code=None)
        for role in ("finance", "support", "admin"):
            people[role] = a_user(session, vendor.id, role)
        colleague = Principal(a_user(session, vendor.id, "finance").id, None, "finance")
        desk = {"line": _line(session), "decision": _decision(session, own, colleague), "task": _task(session, own)}
        own, other = (replace(held, words={**held.words, **desk}) for held in (own, other))
    cookies = {role: sign_in(app.test_client(), user) for role, user in people.items()}
    headers: dict[str, Mapping[str, str]] = {}
    with tx() as session:
        for name, role, party_id in _tokens(own, other):
            _row, secret = create_api_token(session, name, role, None, party_id)
            headers[name] = {"Authorization": f"Bearer {secret}"}
    return Matrix(app, own, other, cookies, headers)


def _tokens(own: Holding, other: Holding) -> list[tuple[str, str, UUID | None]]:
    company_id = UUID(own.words["company"])
    desk = [(f"token_{role}", role, None) for role in ("product", "finance", "support", "admin")]
    held: list[tuple[str, str, UUID | None]] = [
        ("token_studio", "studio", own.party.id),
        ("token_studio_b", "studio", other.party.id),
        ("token_company", "company", company_id),
    ]
    return [*held, *desk]


def _holding(session: Session, number: int, people: dict[str, User], suffix: str) -> Holding:
    studio = a_studio(session)
    by = owner_of(studio)
    people[f"owner{suffix}"] = a_user(session, studio.id, "owner")
    staff = a_user(session, studio.id, "staff")
    paid = a_paid_order(session, studio, "LITE-10")
    transfer = an_order(session, studio, "LITE-1", method="bank_transfer")
    waiting, late = an_order(session, studio, "LITE-1"), _late_money(session, studio)
    a_paid_order(session, studio, "INVOICES-100")
    free, begun, used, asked = [coupon.id for coupon, _ in stock_of(session, studio.id)[:4]]
    save_draft(session, begun, {"vat_number": "06363391001"}, "TAX_DATA")
    company = activate_coupon(session, used, company_data(**company_fields(number)), by)
    apply_answer(session, company.id, Ready(f"remote-{company.id}"), "call")
    service, seat = _services(session, company, number)
    pending = activate_coupon(session, asked, company_data(**company_fields(number + 10)), by)
    token, _secret = create_api_token(session, "of the studio", "studio", by, studio.id)
    if not suffix:
        people["staff"] = staff
        people["member"] = a_user(session, company.id, "member")
        people["company_owner"] = a_user(session, company.id, "owner")
    invite_member(session, studio.id, f"roma{number}@example.it", "staff", by)
    cart = open_cart(session, studio.id, None)
    line = add_to_cart(session, cart, current_price_book(session, clock.today()), "LITE-10", 1, None)
    asker = a_company(session)
    ask_to_link(session, str(studio.vat_number), owner_of(asker))
    propose_handover(session, company.id, company.id, by)
    propose_move(
        session, MoveWish(company.id, studio.id, vat_number(90), with_payer=False, company_must_agree=True), by
    )
    keep_profile(session, studio.id, ProfileText(studio.name, "Torino", "", active=True), by)
    words = {
        "link_request": str(_only(session, LinkRequest, LinkRequest.asked_by_party_id == asker.id)),
        "handover": str(_only(session, PayerHandover, PayerHandover.company_id == company.id)),
        "move": str(_only(session, StudioMove, StudioMove.company_id == company.id)),
        "order": waiting.number,
        "transfer_order": transfer.number,
        "paid_order": paid.number,
        **late,
        "coupon": str(free),
        "begun_coupon": str(begun),
        "used_coupon": str(used),
        "company": str(company.id),
        "link": str(_link_of(session, studio, company)),
        "service": str(service),
        "seat": str(seat),
        "pending_company": str(pending.id),
        "token": str(token.id),
        "studio": str(studio.id),
        "staff_membership": str(_membership(session, staff)),
        "cart_line": str(line.id),
        "reset_link": _link(session, staff, RESET_PASSWORD),
        "confirm_link": _link(session, staff, CONFIRM_EMAIL),
        "invitation_link": _invitation(session, studio),
        **_client_invitation(session, studio, number),
        "clauses": list(CLAUSES),
        "activation": activation_body(number + 20),
        "nothing": str(new_id()),
        "unknown_number": vat_number(91),
    }
    return Holding(studio, words)


def _late_money(session: Session, studio: Party) -> dict[str, str]:
    """An order that was cancelled before its card money came, which does not suffice to open it again."""
    order = an_order(session, studio, "LITE-1")
    cancel_order(session, order, owner_of(studio))
    money = MoneyFact("stripe", f"pi_{new_id().hex}", "stripe", order.gross_cents - 1, clock.now())
    record_payment(session, order, money)
    (late,) = late_payments(session, order)
    return {"late_order": order.number, "late_payment": str(late.payment.id)}


def _only(session: Session, kind: type[Proposal], which: ColumnElement[bool]) -> UUID:
    return session.scalars(select(kind).where(which)).one().id


def _link_of(session: Session, studio: Party, company: Company) -> UUID:
    found = link_of(session, studio.id, company.id)
    assert found is not None
    return found.id


def _services(session: Session, company: Company, number: int) -> tuple[UUID, UUID]:
    """A base service with a step left to do, and one of two seats invited to."""
    today = clock.today()
    term = (today, today + timedelta(days=365))
    service = bought(session, company, replace(BASE, setup=PANEL), *term)
    bought(session, company, SEATS, *term, quantity=2)
    by = Principal(None, company.id, "company_owner")
    return service, invite_to_seat(session, company.id, f"milano{number}@example.it", {"sent": "read"}, by).id


def _membership(session: Session, user: User) -> UUID:
    return session.scalars(select(Membership.id).where(Membership.user_id == user.id)).one()


def _link(session: Session, user: User, kind: str) -> str:
    send_link(session, user, kind)
    return link_token(SANDBOX_SECRET_KEY, kind, user.id, user.link_version)


def _invitation(session: Session, studio: Party) -> str:
    """The link of the studio's one open invitation, as its mail has it."""
    mail = session.scalars(select(Mail).where(Mail.template == INVITATION, Mail.party_id == studio.id)).one()
    membership_id, version = UUID(mail.context["membership_id"]), int(mail.context["version"])
    return link_token(SANDBOX_SECRET_KEY, INVITATION, membership_id, version)


def _client_invitation(session: Session, studio: Party, number: int) -> dict[str, str]:
    """A client who was invited to buy its own company, and the link it was mailed."""
    book = current_price_book(session, clock.today())
    contact = invitations.StudioContact(studio.name, studio.email or "", "")
    offer = lock_offer(book, invitable(book)[0].sku)
    invited = invitations.Invited(new_id(), "Esempio", f"esempio{number}@example.it", "", offer, contact)
    assert invitations.send_invitations(session, [invited], owner_of(studio)) == 1
    sent = invitations.invitation_of(session, invited.id, studio.id)
    return {
        "invitation": str(invited.id),
        "client_link": invitations.link_of_invitation(SANDBOX_SECRET_KEY, sent),
    }


def _line(session: Session) -> str:
    """A transfer nobody knows the order of."""
    fact = TransferFact(
        source="bank_webhook",
        account_iban="IT60X0542811101000000123456",
        booked_on=clock.today(),
        amount_cents=12_345,
        remittance="senza causale",
        bank_reference="matrix",
    )
    line = record_transfer(session, fact)
    assert line is not None
    return str(line.id)


def _order(session: Session, held: Holding) -> Order:
    return order_by_number(session, str(held.words["transfer_order"]), held.party.id, lock=True)


def _decision(session: Session, held: Holding, by: Principal) -> str:
    return str(ask_confirmation(session, _order(session, held), clock.today(), LARGE_CENTS, by).id)


def _task(session: Session, held: Holding) -> str:
    order = _order(session, held)
    assert open_finance_task(session, "late_money", order, {"paid_cents": 1, "state": "EXPIRED"})
    return str(session.scalars(select(FinanceTask.id).where(FinanceTask.order_id == order.id)).one())
