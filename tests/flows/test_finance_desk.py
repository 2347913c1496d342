"""Stories of the finance desk over HTTP: who comes in, its lists, releasing, holding, tasks, the trail."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import select

from foundation import clock
from foundation.database import transaction
from foundation.events import Event
from shop import Order
from shop.payments.money_in import BankLine
from shop.payments.record import open_finance_task
from shop.transfers import TransferFact, record_transfer
from tests.axe import wrong_on
from tests.banking import ACCOUNT, PAYER, Bank, Run, finance_people, lines, now
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.flows.finance_pages import line_path, open_desk
from tests.flows.transfer_desk import Advance
from tests.live_shop import LiveShop, a_browser
from tests.signing import sign_in


def test_only_finance_comes_in(client: FlaskClient, tx: Transact) -> None:
    with tx() as session:
        vendor = a_studio(session)
        support = a_user(session, vendor.id, role="support")
        owner = a_user(session, a_studio(session).id)
    for person in (support, owner):
        sign_in(client, person)
        assert client.get("/desk/finanza").status_code == 403
        assert client.get("/desk/compiti").status_code == 403


@pytest.mark.parametrize(
    "view",
    ["finestra", "trattenuti", "oltre-24-ore", "non-identificati", "eccedenti", "da-confermare", "movimenti", "boh"],
)
def test_every_list_says_so_when_there_is_nothing_to_do(desk: FlaskClient, view: str) -> None:
    page = open_desk(desk, view)
    assert "g-empty" in str(page.soup)
    assert open_desk(desk, f"{view}&q=niente&da=nessuno").status == 200


def test_a_recorded_transfer_is_in_its_window_until_finance_releases_it(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    bank.transfer(order.gross_cents, order.rf_reference)
    page = open_desk(desk, "finestra")
    assert order.number in page.text
    assert "12 ore" in page.text or "11 ore e 5" in page.text
    confirm = page.follow("Evadi ora")
    assert "non si annullano" in confirm.text
    assert now(tx, order).state == "PAID"
    done = confirm.press("Evadi l’ordine")
    assert now(tx, order).state == "FULFILLED"
    assert "evaso" in done.text


def test_an_order_is_held_only_with_a_reason_which_the_list_shows(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    bank.transfer(order.gross_cents, order.rf_reference)
    form = open_desk(desk, "finestra").follow("Trattieni")
    refused = form.press("Trattieni l’ordine")
    assert refused.status == 422
    assert now(tx, order).state == "PAID"
    held = refused.press("Trattieni l’ordine", {"motivo": "IBAN insolito"})
    assert now(tx, order).state == "ON_HOLD"
    assert "IBAN insolito" in held.text
    tasks = visit(desk, "/desk/compiti")
    assert "Ordine trattenuto" in tasks.text
    held.follow("Evadi ora").press("Evadi l’ordine")
    assert now(tx, order).state == "FULFILLED"
    assert "Ordine trattenuto" not in visit(desk, "/desk/compiti").text


def test_after_a_day_an_order_is_late_for_finance_and_for_its_buyer(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(order.gross_cents, order.rf_reference)
    open_desk(desk, "finestra").follow("Trattieni").press("Trattieni l’ordine", {"motivo": "verifica"})
    advance(timedelta(hours=24, minutes=1))
    run_jobs()
    assert order.number in open_desk(desk, "oltre-24-ore").text
    assert "Oltre 24 ore" in visit(desk, "/desk/compiti").text
    assert now(tx, order).state == "ON_HOLD"


def test_a_task_is_closed_with_a_note(desk: FlaskClient, tx: Transact, bank: Bank, order: Order) -> None:
    bank.transfer(order.gross_cents + 700, order.rf_reference)
    task = visit(desk, "/desk/compiti").follow("Incasso eccedente")
    assert "7,00 €" in task.text.replace("\u00a0", " ")
    assert task.press("Chiudi il compito").status == 422
    closed = task.press("Chiudi il compito", {"nota": "Chiesto all’intestatario"})
    assert "Incasso eccedente" not in closed.text
    assert visit(desk, task.path).status == 404
    assert "Chiuso il compito" in visit(desk, line_path(lines(tx)[0])).text


def test_what_finance_must_look_at_is_no_event_of_the_buyer_s(tx: Transact, order: Order) -> None:
    with tx() as session:
        assert open_finance_task(session, "underpaid", order, {"paid_cents": 1, "due_cents": 2})
        session.flush()
        (opened,) = session.scalars(select(Event).where(Event.type == "finance.task_opened")).all()
        assert (opened.subject_id, opened.party_id) == (order.id, None)


def test_movements_are_found_by_text_name_reference_and_amount(desk: FlaskClient, bank: Bank) -> None:
    bank.transfer(17_934, "grazie mille", debtor_name="OFFICINA BRAMBILLA")
    bank.transfer(5_000, "altro", id="CRO-77")
    amounts = (("179,34", True), ("€179.34", True), ("1.79", False))
    for search, there in (("mille", True), ("brambilla", True), ("CRO-77", False), ("%", False), *amounts):
        text = open_desk(desk, f"movimenti&q={search}").text
        assert ("grazie mille" in text) is there, search


def test_long_lists_come_a_page_at_a_time(desk: FlaskClient, bank: Bank) -> None:
    for number in range(27):
        bank.transfer(1_000 + number, f"movimento {number:02}")
    first = open_desk(desk, "non-identificati")
    assert "movimento 26" in first.text
    assert "movimento 01" not in first.text
    second = first.follow("Pagina successiva")
    assert "movimento 01" in second.text
    assert "movimento 26" in second.follow("Pagina precedente").text


@pytest.mark.browser
@pytest.mark.sockets
def test_the_desk_s_pages_are_accessible_and_fit_every_width(
    chromium: Browser,
    live_shop: LiveShop,
) -> None:
    with live_shop.app.app_context(), transaction() as session:
        (person,) = finance_people(session, 1)
        order = session.scalars(select(Order).where(Order.state == "AWAITING_PAYMENT")).first()
        assert order is not None
        payer = ("FERRARIS E CONTI", PAYER)
        for number, words in enumerate(("grazie", "saldo 1", f"{order.number[:-1]}9")):
            reference = f"AXE-{number}"
            cents = order.gross_cents + number
            fact = TransferFact("bank_webhook", ACCOUNT, clock.today(), cents, words, bank_reference=reference)
            record_transfer(session, replace(fact, debtor_name=payer[0], debtor_iban=payer[1]))
        line_id = session.scalars(select(BankLine.id).where(BankLine.state == "UNIDENTIFIED")).first()
    token = sign_in(live_shop.app.test_client(), person)
    context = a_browser(chromium, live_shop, signed_in=False)
    context.add_cookies([{"name": "gettone", "value": token, "url": live_shop.address}])
    page = context.new_page()
    lists = [f"/desk/finanza?vista={view}" for view in ("finestra", "non-identificati", "movimenti")]
    line = f"/desk/finanza/movimenti/{line_id}"
    forms = [f"{line}/assegna?ordine={order.number}", f"{line}/accredita", "/desk/finanza/conferma-a-mano"]
    for path in (*lists, line, f"{line}?q=ORD", *forms, "/desk/compiti"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert wrong_on(page) == []
