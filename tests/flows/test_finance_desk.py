"""Stories of the finance desk over HTTP: lists, confirming, releasing, holding, four eyes, tasks, the trail."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy import select

from foundation import clock
from foundation.database import transaction
from shop import Order, User
from shop.payments.money_in import BankLine
from shop.transfers import TransferFact, record_transfer, store_credit_of
from tests.axe import violations
from tests.banking import ACCOUNT, PAYER, Bank, finance_people, lines, now
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.shop.web.conftest import LiveShop, a_browser, live_shop  # noqa: F401 - the live shop is a fixture
from tests.signing import sign_in
from tests.stories import an_order, stock_the_shop

Run = Callable[[], int]
Advance = Callable[[timedelta], None]


@pytest.fixture
def people(tx: Transact) -> list[User]:
    """Two people of finance."""
    with tx() as session:
        return finance_people(session)


@pytest.fixture
def order(tx: Transact) -> Order:
    """An order of ten coupons to be paid by transfer."""
    with tx() as session:
        stock_the_shop(session)
        return an_order(session, a_studio(session, name="Ferraris e Conti"), "LITE-10", method="bank_transfer")


def open_desk(client: FlaskClient, view: str) -> Page:
    """One list of the desk."""
    page = visit(client, f"/desk/finanza?vista={view}")
    assert page.status == 200
    return page


def line_path(line: BankLine) -> str:
    """The address of a line's page."""
    return f"/desk/finanza/movimenti/{line.id}"


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


def test_a_suggestion_is_confirmed_with_one_press_and_can_be_taken_back(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    bank.transfer(order.gross_cents, "saldo Ferraris e Conti", debtor_name="FERRARIS E CONTI")
    page = open_desk(desk, "non-identificati")
    assert "Importo uguale" in page.text
    assert "Nome" in page.text
    page.press("Conferma")
    assert now(tx, order).state == "PAID"
    (line,) = lines(tx)
    story = visit(desk, line_path(line))
    assert "Assegnati" in story.text
    assert "Finanza 1" in story.text
    story.follow("Togli").press("Togli il movimento")
    assert now(tx, order).state == "AWAITING_PAYMENT"
    assert lines(tx)[0].state == "SURPLUS"


def test_an_order_is_found_by_number_buyer_or_amount_and_takes_part_of_a_line(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    bank.transfer(order.gross_cents + 12_345, "senza riferimento")
    (line,) = lines(tx)
    euro = f"{order.gross_cents // 100},{order.gross_cents % 100:02}"
    for search in (order.number, "ferraris", euro):
        found = visit(desk, f"{line_path(line)}?q={search}")
        assert order.number in found.text, search
    assert "Nessun ordine da pagare" in visit(desk, f"{line_path(line)}?q=xyz").text
    form = visit(desk, f"{line_path(line)}?q={order.number}").follow("Assegna")
    assert form.press("Assegna all’ordine", {"importo": "dieci"}).status == 422
    form.press("Assegna all’ordine", {"importo": euro})
    assert now(tx, order).state == "PAID"
    assert lines(tx)[0].state == "SURPLUS"


def test_a_surplus_becomes_store_credit_after_saying_that_it_cannot_be_undone(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    bank.transfer(order.gross_cents + 5_000, order.rf_reference)
    line = lines(tx)[0]
    form = visit(desk, line_path(line)).follow("Passa a credito residuo")
    assert "Non si torna indietro" in form.text
    done = form.press("Passa a credito residuo")
    assert "credito residuo" in done.text
    with tx() as session:
        assert store_credit_of(session, order.buyer_party_id) == 5_000
    assert desk.get(f"{line_path(line)}/accredita?ordine={order.number}").status_code == 409


def test_a_transfer_is_confirmed_by_hand_and_later_told_by_the_bank_as_the_same_line(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    with tx() as session:
        small = an_order(session, a_studio(session), "LITE-1", method="bank_transfer")
    euro = f"{small.gross_cents // 100},{small.gross_cents % 100:02}"
    form = visit(desk, f"/desk/finanza/conferma-a-mano?ordine={small.number}")
    wrong = form.press("Conferma il bonifico", {"ordine": "ORD-1", "importo": "x", "giorno": ""})
    assert wrong.status == 422
    filled = {"ordine": small.number, "importo": euro, "giorno": clock.today().isoformat()}
    form.press("Conferma il bonifico", filled)
    assert now(tx, small).state == "PAID"
    again = form.press("Conferma il bonifico", filled)
    assert again.status == 422
    assert "già registrato" in again.text
    bank.transfer(small.gross_cents, f"bonifico {small.number}")
    (line,) = lines(tx)
    assert (line.source, line.bank_reference) == ("bank_webhook", "TRN000001")
    assert now(tx, order).state == "AWAITING_PAYMENT"


def test_a_line_the_bank_tells_without_a_reference_takes_the_place_of_the_one_confirmed_by_hand(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    filled = {"ordine": order.number, "importo": f"{order.gross_cents // 100},{order.gross_cents % 100:02}"}
    filled["giorno"] = clock.today().isoformat()
    visit(desk, "/desk/finanza/conferma-a-mano").press("Conferma il bonifico", filled)
    before = now(tx, order)
    assert before.state == "PAID"
    bank.transfer(order.gross_cents, "grazie")
    by_hand, told = lines(tx)
    page = visit(desk, line_path(told))
    assert "Forse è il bonifico confermato a mano" in page.text
    done = page.press("È lo stesso bonifico")
    assert "Abbinato" in done.part(".g-stato")
    assert [line.state for line in lines(tx)] == ["REPLACED", "MATCHED"]
    after = now(tx, order)
    assert (after.state, after.paid_at) == ("PAID", before.paid_at)
    assert "Sostituito" in visit(desk, line_path(by_hand)).text
    assert page.press("È lo stesso bonifico").status == 409


def test_from_a_thousand_euro_a_second_person_approves_and_the_first_may_not(
    client: FlaskClient, tx: Transact, people: list[User]
) -> None:
    with tx() as session:
        stock_the_shop(session)
        large = an_order(session, a_studio(session), "LITE-10", quantity=5, method="bank_transfer")
    assert large.gross_cents >= 100_000
    sign_in(client, people[0])
    filled = {"ordine": large.number, "importo": f"{large.gross_cents // 100},{large.gross_cents % 100:02}"}
    filled["giorno"] = clock.today().isoformat()
    asked = visit(client, "/desk/finanza/conferma-a-mano").press("Conferma il bonifico", filled)
    assert "seconda persona" in asked.text
    assert now(tx, large).state == "AWAITING_PAYMENT"
    request = open_desk(client, "da-confermare").follow("Apri")
    assert "L’hai chiesto tu" in request.text
    own = client.post(f"{request.path}/approva", data={"csrf_token": _token(request)})
    assert own.status_code == 403
    assert now(tx, large).state == "AWAITING_PAYMENT"
    client.delete_cookie("session")
    sign_in(client, people[1])
    open_desk(client, "da-confermare").follow("Apri").press("Approva")
    assert now(tx, large).state == "PAID"
    assert lines(tx)[0].source == "manual"
    assert visit(client, request.path).status == 404


def _token(page: Page) -> str:
    found = page.soup.select_one("input[name=csrf_token]")
    assert found is not None
    return str(found["value"])


def test_sending_back_a_large_sum_needs_a_second_person_as_well(
    client: FlaskClient, tx: Transact, bank: Bank, people: list[User]
) -> None:
    bank.transfer(250_000, "regalo")
    (line,) = lines(tx)
    sign_in(client, people[0])
    page = visit(client, line_path(line)).follow("Segna come restituito").press("Segna come restituito")
    assert "Aspetta la seconda persona" in page.text
    assert lines(tx)[0].state == "UNIDENTIFIED"
    sign_in(client, people[1])
    visit(client, line_path(line)).follow("Apri la richiesta").press("Rifiuta la richiesta")
    assert lines(tx)[0].state == "UNIDENTIFIED"
    visit(client, line_path(line)).follow("Segna come restituito").press("Segna come restituito")
    sign_in(client, people[0])
    visit(client, line_path(line)).follow("Apri la richiesta").press("Approva")
    assert lines(tx)[0].state == "MATCHED"


def test_a_task_is_closed_with_a_note(desk: FlaskClient, tx: Transact, bank: Bank, order: Order) -> None:
    bank.transfer(order.gross_cents + 700, order.rf_reference)
    task = visit(desk, "/desk/compiti").follow("Incasso eccedente")
    assert "7,00 €" in task.text.replace("\u00a0", " ")
    assert task.press("Chiudi il compito").status == 422
    closed = task.press("Chiudi il compito", {"nota": "Chiesto all’intestatario"})
    assert "Incasso eccedente" not in closed.text
    assert visit(desk, task.path).status == 404
    assert "Chiuso il compito" in visit(desk, line_path(lines(tx)[0])).text


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
@pytest.mark.parametrize("width", [375, 1280])
def test_the_desk_s_pages_are_accessible_and_fit_their_width(
    chromium: Browser,
    live_shop: LiveShop,  # noqa: F811 - the same
    width: int,
) -> None:
    with live_shop.app.app_context(), transaction() as session:
        (person,) = finance_people(session, 1)
        order = session.scalars(select(Order).where(Order.state == "AWAITING_PAYMENT")).first()
        assert order is not None
        payer = ("FERRARIS E CONTI", PAYER)
        for number, words in enumerate(("grazie", "saldo 1", f"{order.number[:-1]}9")):
            reference = f"AXE-{width}-{number}"
            cents = order.gross_cents + number
            fact = TransferFact("bank_webhook", ACCOUNT, clock.today(), cents, words, bank_reference=reference)
            record_transfer(session, replace(fact, debtor_name=payer[0], debtor_iban=payer[1]))
        line_id = session.scalars(select(BankLine.id).where(BankLine.state == "UNIDENTIFIED")).first()
    token = sign_in(live_shop.app.test_client(), person)
    context = a_browser(chromium, live_shop, signed_in=False, width=width)
    context.add_cookies([{"name": "gettone", "value": token, "url": live_shop.address}])
    page = context.new_page()
    lists = [f"/desk/finanza?vista={view}" for view in ("finestra", "non-identificati", "movimenti")]
    line = f"/desk/finanza/movimenti/{line_id}"
    forms = [f"{line}/assegna?ordine={order.number}", f"{line}/accredita", "/desk/finanza/conferma-a-mano"]
    for path in (*lists, line, f"{line}?q=ORD", *forms, "/desk/compiti"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, path
