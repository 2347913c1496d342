"""A small town of studios in which everything has happened at least once, told through the services alone."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import Outside
from entitlements import (
    Company,
    MemoryProvisioner,
    NoAnswer,
    Party,
    Refused,
    TickedStep,
    activate_coupon,
    credit_referral,
    give_code,
    grant,
    invitations,
    stock_of,
    tick,
    use_code,
)
from entitlements.connections.handovers import PayerHandover, accept_handover, propose_handover
from entitlements.connections.link_requests import LinkRequest, answer_request, ask_to_link
from entitlements.connections.linking import block, lift
from entitlements.connections.moves import MoveWish, StudioMove, agree_to_move, propose_move
from entitlements.contracts.contract_text import VERSION
from entitlements.contracts.signatures import sign_contract
from entitlements.drafts import save_invitation_draft
from entitlements.invoicing import Tokens
from entitlements.invoicing.accounts import keep_account
from entitlements.provisioning.provisioner import Answer
from entitlements.wallets import Consumed, consume
from foundation import clock
from foundation.database import transaction
from foundation.events import seal_events
from foundation.ids import new_id
from foundation.jobs import drain
from foundation.principal import Principal
from shop import MemoryGateway, Order, lock_order
from shop.accounts.seat_people import invite_to_seat
from shop.catalogue import current_price_book
from shop.invitations.locked_offers import invitable, lock_offer
from shop.invitations.ordering import INVITATION_CLAUSES, InvitedOrder, order_by_invitation
from shop.orders.closing import cancel_order
from shop.orders.fulfilment import fulfil
from shop.orders.order_book import lines_of
from shop.payments.checkout import look_and_reconcile, start_checkout
from shop.payments.refund_decisions import ask_refund
from shop.payments.refund_plans import BY_BANK, TO_CREDIT, RefundWish
from shop.transfers import (
    ReturnFact,
    TransferFact,
    approve,
    ask_confirmation,
    give_store_credit,
    lock_decision,
    lock_line,
    record_return,
    record_transfer,
    send_back,
    spend_store_credit,
)
from tests.factories import a_company, a_studio, a_user
from tests.foundation.horizon import wait_until_readable
from tests.refunding import request_refund
from tests.running import BASE, COLLECTION_STEPS, COLLECTIONS, SEATS, a_term, bought, line_for
from tests.stories import COMPANY_FORM, a_paid_order, an_order, company_data, owner_of, pay_by_card, stock_the_shop

ACCOUNT = "IT60X0542811101000000123456"
MORE_COMPANIES = (
    {"vat_number": "02780790107", "tax_code": "02780790107", "name": "Panificio Gallo S.r.l."},
    {"vat_number": "05979361218", "tax_code": "05979361218", "name": "Tessitura Valsesia S.r.l."},
)

# What three invited clients call themselves: one lives, one has the tax code of a living company, one waits to pay.
CREATED = {"vat_number": "00743110157", "tax_code": "00743110157", "name": "Fonderia Ala S.r.l."}
TAKEN: dict[str, str] = {}
ORDERED = {"vat_number": "10538570960", "tax_code": "10538570960", "name": "Vivaio Dora S.r.l."}


@dataclass(frozen=True)
class Town:
    """The studios of the town and the people of finance."""

    torino: Party
    milano: Party
    finance: tuple[Principal, Principal]


def build_town(app: Flask, outside: Outside) -> None:
    """Let everything happen; at the end every job is done and every event sealed."""
    with app.app_context():
        with transaction() as session:
            town = _found(session)
        _buy(town)
        _activate(town, outside)
        _use(town)
        _connect(town)
        _serve()
        _pay_on_the_hosted_page(town, outside)
        _pay_by_transfer(town)
        _give_back(town)
        _let_an_order_expire(town)
        _invite(town)
        drain()
        wait_until_readable()
        with transaction() as session:
            while seal_events(session):
                session.flush()


def _found(session: Session) -> Town:
    stock_the_shop(session)
    torino = a_studio(session, name="Studio Torino", tax_code="10538570960", vat_number="10538570960")
    milano = a_studio(session, name="Studio Milano", tax_code="00743110157", vat_number="00743110157")
    people = [a_user(session, torino.id, email=f"finance{number}@example.it") for number in (1, 2)]
    first, second = (Principal(user.id, None, "finance", second_factor=True) for user in people)
    return Town(torino, milano, (first, second))


def _buy(town: Town) -> None:
    for studio in (town.torino, town.milano):
        for sku in ("LITE-10", "ORDINARY-1", "INVOICES-100", "CREDIT-50"):
            with transaction() as session:
                a_paid_order(session, studio, sku, 2)


def _activate(town: Town, outside: Outside) -> None:
    """One company is created, one is refused, one waits for an answer."""
    provisioner = outside.provisioner
    assert isinstance(provisioner, MemoryProvisioner)
    answers: tuple[list[Answer], ...] = ([], [Refused("codice fiscale già presente")], [NoAnswer("timeout")] * 50)
    for changes, answer in zip(({}, *MORE_COMPANIES), answers, strict=True):
        provisioner.answers.extend(answer)
        with transaction() as session:
            coupon = next(c for c, _ in stock_of(session, town.torino.id, state="AVAILABLE"))
            activate_coupon(session, coupon.id, company_data(**changes), owner_of(town.torino))
        drain()
    # The silence was for the last of them alone, and lasts longer than the town is built.
    provisioner.answers.clear()
    with transaction() as session:
        later = {"later": clock.real_now() + timedelta(days=1)}
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = :later WHERE status = 'todo'"), later)


def _use(town: Town) -> None:
    with transaction() as session:
        company = session.execute(text("SELECT id FROM companies WHERE state = 'READY'")).scalar_one()
        for reference, quantity in (("1", 150), ("2", 30), ("1", 150)):
            assert isinstance(
                consume(session, company, [company, town.torino.id], "documents", quantity, reference), Consumed
            )
        consume(session, company, [company, town.torino.id], "credit_cents", 1234, "3")


def _connect(town: Town) -> None:
    """A company asks and is linked, blocked and let in again; another hands payments over and moves."""
    with transaction() as session:
        asker = a_company(session, name="Azienda Registrata")
        ask_to_link(session, "10538570960", owner_of(asker))
        request = session.scalars(select(LinkRequest)).one()
        answer_request(session, request.id, accept=True, by=owner_of(town.torino))
        block(session, town.torino.id, asker.id, owner_of(town.torino))
        lift(session, town.torino.id, asker.id, owner_of(town.torino))
    with transaction() as session:
        blocked = a_company(session, name="Azienda Bloccata")
        ask_to_link(session, "10538570960", owner_of(blocked))
        request = session.scalars(select(LinkRequest).where(LinkRequest.state == "OPEN")).one()
        answer_request(session, request.id, accept=True, by=owner_of(town.torino))
        block(session, town.torino.id, blocked.id, owner_of(town.torino))
    with transaction() as session:
        code = give_code(session, town.torino.id)
        use_code(session, code, asker, "a")
        credit_referral(session, asker.id, ())
        use_code(session, code, blocked, "b")
        credit_referral(session, blocked.id, ("b",))
        keep_account(session, "k" * 32, Tokens("access", "refresh", 600), owner_of(asker))
    with transaction() as session:
        company_id = session.execute(text("SELECT id FROM companies WHERE state = 'READY'")).scalar_one()
        company = session.get_one(Party, company_id)
        for signed in (town.torino.id, company_id):
            sign_contract(session, signed, VERSION, "it", owner_of(town.torino))
        propose_handover(session, company_id, company_id, owner_of(town.torino))
        handover = session.scalars(select(PayerHandover)).one()
        accept_handover(session, handover.id, owner_of(company))
    with transaction() as session:
        propose_handover(session, company_id, town.torino.id, owner_of(company))
        handover = session.scalars(select(PayerHandover).where(PayerHandover.state == "OPEN")).one()
        accept_handover(session, handover.id, owner_of(town.torino))
    with transaction() as session:
        wish = MoveWish(company_id, town.torino.id, "00743110157", with_payer=True, company_must_agree=False)
        propose_move(session, wish, owner_of(town.torino))
        agree_to_move(session, session.scalars(select(StudioMove)).one().id, owner_of(town.milano))


def _serve() -> None:
    """The ready company has a base service, a module with a step done, and two seats, one of them invited to."""
    today = clock.today()
    term = (today, today + timedelta(days=365))
    with transaction() as session:
        company_id = session.execute(text("SELECT id FROM companies WHERE state = 'READY'")).scalar_one()
        company = session.get_one(Company, company_id)
        base = bought(session, company, BASE, *term)
        further = a_term(BASE, term[1], term[1] + timedelta(days=90), "EXTEND", base, anchor_on=term[0])
        assert grant(session, line_for(company, BASE, further))
        module = bought(session, company, replace(COLLECTIONS, setup=COLLECTION_STEPS), *term)
        assert tick(session, company.id, TickedStep(module, "PAIRING", "VENDOR"))
        bought(session, company, SEATS, *term, quantity=2)
        by = Principal(None, company.id, "company_owner")
        invite_to_seat(session, company.id, "utente@example.it", {"sent": "read"}, by)


def _pay_on_the_hosted_page(town: Town, outside: Outside) -> None:
    """Paid with an attempt; then ten unused coupons of the line go back."""
    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    with transaction() as session:
        order = an_order(session, town.milano, "LITE-10", 2)
    page = start_checkout(order.id, gateway)
    gateway.pay(page.session_id)
    look_and_reconcile(gateway, "checkout_session", page.session_id)
    with transaction() as session:
        line = lines_of(session, order.id)[0]
    request_refund(order.id, RefundWish(unused_of_line=line.id), town.finance[0], gateway)
    with transaction() as session:
        an_order(session, town.milano, "LITE-1")


def _pay_by_transfer(town: Town) -> None:
    """In its window, too much, sent back, returned by the bank, confirmed by hand in four eyes, from store credit."""
    with transaction() as session:
        order = an_order(session, town.milano, "LITE-10", method="bank_transfer")
        _transfer(session, "T1", order.gross_cents, order.number)
    with transaction() as session:
        order = an_order(session, town.milano, "LITE-1", method="bank_transfer")
        line_id = _transfer(session, "T2", order.gross_cents + 50_000, order.number)
        line, payment = lock_line(session, line_id)
        give_store_credit(session, line, payment, town.milano.id, town.finance[0])
    with transaction() as session:
        order = an_order(session, town.milano, "LITE-1", method="bank_transfer")
        spend_store_credit(session, lock_order(session, order.id))
    with transaction() as session:
        line, payment = lock_line(session, _transfer(session, "T3", 4_200, "senza causale"))
        send_back(session, line, payment, town.finance[0])
    with transaction() as session:
        order = an_order(session, town.milano, "ORDINARY-1", method="bank_transfer")
        _transfer(session, "T4", order.gross_cents, order.number)
    with transaction() as session:
        record_return(session, ReturnFact("bank", ACCOUNT, "R4", "T4", clock.today(), order.gross_cents))
    with transaction() as session:
        order = an_order(session, town.milano, "LITE-10", 10, method="bank_transfer")
        decision = ask_confirmation(session, order, clock.today(), order.gross_cents, town.finance[0])
        assert decision.four_eyes
        approve(session, lock_decision(session, decision.id), town.finance[1])


def _transfer(session: Session, reference: str, amount_cents: int, remittance: str) -> UUID:
    fact = TransferFact("bank", ACCOUNT, clock.today(), amount_cents, remittance, bank_reference=reference)
    line = record_transfer(session, fact)
    assert line is not None
    return line.id


def _give_back(town: Town) -> None:
    """Orders paid by transfer and fulfilled: unused coupons go back by transfer, what is left of a pack as credit."""
    for number, (sku, way) in enumerate((("LITE-10", BY_BANK), ("INVOICES-100", TO_CREDIT)), start=1):
        with transaction() as session:
            order = an_order(session, town.milano, sku, method="bank_transfer")
            _transfer(session, f"B{number}", order.gross_cents, order.number)
        with transaction() as session:
            fulfil(session, lock_order(session, order.id))
            line = lines_of(session, order.id)[0]
            wish = RefundWish(unused_of_line=line.id, way=way)
            ask_refund(session, lock_order(session, order.id), wish, order.gross_cents, town.finance[0])


def _invite(town: Town) -> None:
    """One client has its company, one paid and must correct its data, one ordered, one was forgotten."""
    for number, (changes, paid) in enumerate(((CREATED, True), (TAKEN, True), (ORDERED, False))):
        with transaction() as session:
            invitation = _invited(session, town.torino, number)
            save_invitation_draft(session, invitation.id, COMPANY_FORM | changes, "SUMMARY")
            invitations.begin_writing(session, invitation)
            session.flush()
            wanted = InvitedOrder("stripe", frozenset(INVITATION_CLAUSES), None, "it")
            order = order_by_invitation(session, invitation, wanted)
        if paid:
            with transaction() as session:
                pay_by_card(session, order)
        drain()
    with transaction() as session:
        gone = _invited(session, town.milano, 3)
        invitations.revoke_invitation(session, gone, owner_of(town.milano))
    with transaction() as session:
        past = {"past": clock.now() - timedelta(hours=1), "gone": gone.id}
        session.execute(
            text("UPDATE due_rows SET due_at = :past WHERE rule = 'invitations.forget' AND subject_id = :gone"), past
        )
    drain()


def _invited(session: Session, studio: Party, number: int) -> invitations.Invitation:
    book = current_price_book(session, clock.today())
    contact = invitations.StudioContact(studio.name, studio.email or "", "")
    offer = lock_offer(book, invitable(book)[0].sku)
    client = invitations.Invited(new_id(), f"Cliente {number}", f"cliente{number}@example.it", "", offer, contact)
    assert invitations.send_invitations(session, [client], owner_of(studio)) == 1
    return invitations.lock_invitation(session, client.id)


def _let_an_order_expire(town: Town) -> None:
    """Its row is brought forward instead of the clock, so that the windows above stay open."""
    with transaction() as session:
        late = an_order(session, town.torino, "LITE-1")
        cancelled = an_order(session, town.torino, "LITE-1")
        cancel_order(session, lock_order(session, cancelled.id), owner_of(town.torino))
        past = {"past": clock.now() - timedelta(hours=1), "order": late.id}
        session.execute(text("UPDATE orders SET expires_at = :past WHERE id = :order"), past)
        session.execute(
            text("UPDATE due_rows SET due_at = :past WHERE rule = 'orders.expire' AND subject_id = :order"), past
        )
    drain()
    with transaction() as session:
        assert session.get_one(Order, late.id).state == "EXPIRED"
