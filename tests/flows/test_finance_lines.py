"""Stories of a line of the bank at the finance desk: confirmed by hand, allocated, sent back, with four eyes."""

import pytest
from flask.testing import FlaskClient

from foundation import clock
from shop import Order, User
from shop.transfers import store_credit_of
from tests.banking import Bank, lines, now
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_studio
from tests.flows.finance_pages import line_path, open_desk
from tests.flows.transfer_desk import tasks
from tests.signing import sign_in
from tests.stories import an_order, stock_the_shop


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


@pytest.mark.parametrize("booked_on", ["0001-01-01", "9999-12-31"])
def test_money_whose_day_cannot_be_true_is_recorded_and_shown_like_any_other(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order, booked_on: str
) -> None:
    nameless = bank.transfer(12_345, "senza riferimento", booked_on=booked_on, debtor_name="SARTORIA BRUNI")
    bank.transfer(order.gross_cents, order.rf_reference, booked_on=booked_on)
    assert [line.state for line in lines(tx)] == ["UNIDENTIFIED", "MATCHED"]
    assert now(tx, order).state == "PAID"
    assert "SARTORIA BRUNI" in open_desk(desk, "non-identificati").text
    assert visit(desk, line_path(lines(tx)[0])).status == 200
    bank.take_back(nameless, 12_345, booked_on=booked_on)
    assert lines(tx)[0].state == "RETURNED"


def test_dollars_are_never_offered_to_an_order_nor_shown_as_euro(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    bank.transfer(order.gross_cents, order.rf_reference, currency="USD")
    (line,) = lines(tx)
    figures = f"{order.gross_cents // 100},{order.gross_cents % 100:02}"
    pages = [open_desk(desk, "non-identificati"), open_desk(desk, "movimenti"), visit(desk, line_path(line))]
    pages.append(visit(desk, "/desk/compiti").follow("Bonifico in altra valuta"))
    for page in pages:
        text = page.text.replace("\u00a0", " ")
        assert f"USD {figures}" in text, page.path
        assert f"{figures} €" not in text, page.path
        assert order.number not in text, page.path
    assert "In USD: si può solo restituire" in pages[0].text
    assert now(tx, order).state == "AWAITING_PAYMENT"


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
    confirm_by_hand(desk, order)
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


def test_a_second_genuine_transfer_after_the_replacement_is_a_line_and_a_surplus(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    confirm_by_hand(desk, order)
    bank.transfer(order.gross_cents, "grazie")
    visit(desk, line_path(lines(tx)[1])).press("È lo stesso bonifico")
    bank.transfer(order.gross_cents, order.rf_reference)
    assert [line.state for line in lines(tx)] == ["REPLACED", "MATCHED", "SURPLUS"]
    assert tasks(tx) == ["surplus"]


def test_after_the_replacement_the_bank_may_return_the_second_transfer(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    confirm_by_hand(desk, order)
    bank.transfer(order.gross_cents, "grazie")
    visit(desk, line_path(lines(tx)[1])).press("È lo stesso bonifico")
    bank.take_back(bank.transfer(order.gross_cents, order.rf_reference), order.gross_cents)
    assert [line.state for line in lines(tx)] == ["REPLACED", "MATCHED", "RETURNED", "MATCHED"]
    assert (now(tx, order).state, tasks(tx)) == ("PAID", [])


def test_a_transfer_confirmed_by_hand_and_taken_off_pays_its_order_when_the_bank_names_it(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    confirm_by_hand(desk, order)
    visit(desk, line_path(lines(tx)[0])).follow("Togli").press("Togli il movimento")
    reference = bank.transfer(order.gross_cents, order.rf_reference)
    assert [(line.state, line.bank_reference) for line in lines(tx)] == [("MATCHED", reference)]
    assert (now(tx, order).state, tasks(tx)) == ("PAID", [])


def test_a_transfer_told_after_its_confirmation_was_taken_off_and_sent_back_is_a_new_line_and_a_task(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order
) -> None:
    confirm_by_hand(desk, order)
    visit(desk, line_path(lines(tx)[0])).follow("Togli").press("Togli il movimento")
    visit(desk, line_path(lines(tx)[0])).follow("Segna come restituito").press("Segna come restituito")
    for _again in range(2):
        bank.transfer(order.gross_cents, order.rf_reference, id="TRN-TRUE")
        assert [(line.source, line.state) for line in lines(tx)] == [("manual", "MATCHED"), ("bank_webhook", "MATCHED")]
        assert (now(tx, order).state, tasks(tx)) == ("PAID", ["perhaps_twice"])
    task = visit(desk, "/desk/compiti").follow("Bonifico forse già sistemato a mano")
    assert order.number in task.text
    assert task.follow("Apri il movimento").path == line_path(lines(tx)[0])


def confirm_by_hand(desk: FlaskClient, order: Order) -> None:
    """A person of finance saw the transfer on the account."""
    filled = {"ordine": order.number, "importo": f"{order.gross_cents // 100},{order.gross_cents % 100:02}"}
    filled["giorno"] = clock.today().isoformat()
    visit(desk, "/desk/finanza/conferma-a-mano").press("Conferma il bonifico", filled)


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


def test_dollars_that_wait_for_a_second_person_are_listed_as_dollars(
    client: FlaskClient, tx: Transact, bank: Bank, people: list[User]
) -> None:
    bank.transfer(250_000, "gift", currency="USD")
    (line,) = lines(tx)
    sign_in(client, people[0])
    visit(client, line_path(line)).follow("Segna come restituito").press("Segna come restituito")
    listed = open_desk(client, "da-confermare").text.replace("\u00a0", " ")
    assert "USD 2.500,00" in listed
    assert "2.500,00 €" not in listed


def test_a_payer_without_an_iban_is_still_named(desk: FlaskClient, tx: Transact, bank: Bank, order: Order) -> None:
    bank.transfer(order.gross_cents + 1, "senza riferimento", debtor_name="BIANCHI SRL", debtor_iban=None)
    page = visit(desk, line_path(lines(tx)[0])).text
    assert "Pagatore BIANCHI SRL" in page
    assert "non indicato" not in page
