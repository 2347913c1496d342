from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements import Party
from foundation.mail import Mail, MemoryMailer
from shop import MemoryGateway, MoneyFact, Order, User, lock_order, record_payment
from shop.orders.order_states import OrderState
from shop.payments.checkout import start_checkout
from shop.web.orders import PAGE
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.signing import post, sign_in
from tests.stories import a_paid_order, an_order, stock_the_shop


@pytest.fixture
def studio(tx: Transact) -> tuple[Party, User]:
    """A studio in a stocked shop, and its owner."""
    with tx() as session:
        stock_the_shop(session)
        party = a_studio(session)
        return party, a_user(session, party.id)


def test_the_list_is_empty_then_filtered_by_state_and_number(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    sign_in(client, studio[1])
    assert "Ancora nessun ordine" in visit(client, "/ordini").text
    with tx() as session:
        waiting, done = an_order(session, studio[0]), a_paid_order(session, studio[0], "CREDIT-50")
    page = visit(client, "/ordini")
    assert [link.get_text() for link in page.soup.select("td a")] == [done.number, waiting.number]
    assert done.number not in visit(client, "/ordini?stato=AWAITING_PAYMENT").part("main")
    found = page.submit("form.g-filter", {"numero": done.number[-6:].lower()})
    assert waiting.number not in found.part("main")
    assert "Credito prepagato 50 €" in found.part("main")
    assert "Nessun ordine qui" in visit(client, "/ordini?numero=%25").text
    assert visit(client, "/ordini?stato=NONSENSE&prima=x&numero=%00").status == 200


def test_a_long_list_is_read_page_by_page_without_gap_or_repetition(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        numbers = [an_order(session, studio[0], "CREDIT-50").number for _ in range(PAGE + 3)]
    sign_in(client, studio[1])
    first = visit(client, "/ordini")
    second = first.follow("Pagina successiva")
    shown = [link.get_text() for page in (first, second) for link in page.soup.select("td a")]
    assert shown == numbers[::-1]
    assert "Pagina successiva" not in second.text


def test_somebody_elses_order_is_not_there_whatever_is_asked(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        foreign = an_order(session, a_studio(session))
    sign_in(client, studio[1])
    for path in ("", "/esito?sessione=cs_test_1", "/annulla"):
        assert client.get(f"/ordini/{foreign.number}{path}").status_code == 404
    for path in ("/paga", "/bonifico", "/annulla", "/mail"):
        assert post(client, f"/ordini/{foreign.number}{path}").status_code == 404
    assert client.get("/ordini/ORD-2026-999999").status_code == 404
    assert client.get("/ordini/%00").status_code == 404


def test_coming_back_from_the_payment_page_shows_the_same_for_any_session_and_grants_nothing(
    client: FlaskClient, outside: Outside, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        order = an_order(session, studio[0])
    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    with client.application.app_context():
        page = start_checkout(order.id, gateway)
    gateway.pay(page.session_id)
    sign_in(client, studio[1])
    asked = ("", "?sessione=", "?sessione=cs_foreign", f"?sessione={page.session_id}")
    mains = {visit(client, f"/ordini/{order.number}/esito{question}").part("main") for question in asked}
    assert len(mains) == 1
    assert "Stiamo verificando il pagamento." in mains.pop()
    with tx() as session:
        assert session.get_one(Order, order.id).state == "AWAITING_PAYMENT"


def test_a_page_that_asks_again_hears_nothing_until_something_changed(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        order = an_order(session, studio[0])
    sign_in(client, studio[1])
    waiting = visit(client, f"/ordini/{order.number}").soup.select_one("[hx-get]")
    assert waiting is not None
    assert client.get(str(waiting["hx-get"])).status_code == 204
    with tx() as session:
        record_payment(
            session,
            lock_order(session, order.id),
            MoneyFact("stripe", "pi_1", "stripe", order.gross_cents, order.placed_at),
        )
    changed = visit(client, str(waiting["hx-get"]))
    assert "Evaso" in changed.part(".g-stato")
    assert changed.soup.select("main [hx-get]") == []


def test_an_order_is_cancelled_after_being_asked_and_its_payment_page_is_closed(
    client: FlaskClient, outside: Outside, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        order = an_order(session, studio[0])
    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    with client.application.app_context():
        open_page = start_checkout(order.id, gateway)
    sign_in(client, studio[1])
    asked = visit(client, f"/ordini/{order.number}").follow("Annulla l’ordine")
    assert "Non c’è nulla da pagare" in asked.text
    done = asked.press("Annulla l’ordine", within="main")
    assert "Annullato" in done.part(".g-stato")
    assert gateway.objects[open_page.session_id]["status"] == "expired"
    assert visit(client, f"/ordini/{order.number}/annulla").path == f"/ordini/{order.number}"
    assert "non si può pagare con carta" not in done.text
    again = post(client, f"/ordini/{order.number}/paga")
    assert (again.status_code, again.location) == (303, f"/ordini/{order.number}")
    with tx() as session:
        assert session.get_one(Order, order.id).state == "CANCELLED"


def test_a_paid_order_can_neither_be_cancelled_nor_paid_again(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        order = a_paid_order(session, studio[0])
    sign_in(client, studio[1])
    page = visit(client, f"/ordini/{order.number}")
    assert "Annulla l’ordine" not in page.text
    assert post(client, f"/ordini/{order.number}/annulla").status_code == 409
    for path in ("/paga", "/bonifico"):
        shown = post(client, f"/ordini/{order.number}{path}")
        assert (shown.status_code, shown.location) == (303, f"/ordini/{order.number}")
    with tx() as session:
        assert session.get_one(Order, order.id).state == "FULFILLED"


def test_the_mail_is_sent_again_a_few_times_and_then_not(
    client: FlaskClient, outside: Outside, tx: Transact, run_jobs: Callable[[], int], studio: tuple[Party, User]
) -> None:
    with tx() as session:
        order = an_order(session, studio[0], method="bank_transfer")
    sign_in(client, studio[1])
    answers = [visit(client, f"/ordini/{order.number}").press("Invia di nuovo la mail").text for _ in range(4)]
    assert [("Mail inviata di nuovo" in answer) for answer in answers] == [True, True, True, False]
    assert "riprova tra un’ora" in answers[-1]
    run_jobs()
    mailer = outside.mailer
    assert isinstance(mailer, MemoryMailer)
    assert [str(one["Subject"]) for one in mailer.messages] == [f"Ordine ricevuto · {order.number}"] * 4
    body = mailer.messages[-1].get_body(("plain",))
    assert body is not None
    assert order.rf_reference in body.get_content()


def test_a_part_of_the_money_leaves_the_rest_to_pay_with_the_same_data(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        order = an_order(session, studio[0], "LITE-1", 3, "bank_transfer")
        money = MoneyFact("bank", "line-1", "bank_transfer", 10_000, order.placed_at)
        record_payment(session, lock_order(session, order.id), money)
    sign_in(client, studio[1])
    page = visit(client, f"/ordini/{order.number}")
    assert "Pagamento parziale" in page.part(".g-stato")
    assert "Abbiamo ricevuto 100,00 €. Mancano 79,34 €" in page.text
    assert "79.34" in [button["data-copy"] for button in page.soup.select("[data-copy]")]


def test_an_order_that_ran_out_of_time_says_that_late_money_is_not_lost(
    client: FlaskClient,
    tx: Transact,
    run_jobs: Callable[[], int],
    advance: Callable[[timedelta], None],
    studio: tuple[Party, User],
) -> None:
    with tx() as session:
        order = an_order(session, studio[0])
        stored = lock_order(session, order.id)
        stored.state, stored.closed_at = "EXPIRED", stored.expires_at
    advance(timedelta(days=8))
    run_jobs()
    sign_in(client, studio[1])
    page = visit(client, f"/ordini/{order.number}")
    assert "Scaduto" in page.part(".g-stato")
    assert "non va perso" in page.text


def test_the_vendors_people_see_any_order_and_may_do_nothing_with_it_here(
    app: Flask, client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        order = an_order(session, studio[0])
        support = a_user(session, a_studio(session, kind="VENDOR").id, role="support")
    sign_in(client, support)
    page = visit(client, f"/ordini/{order.number}")
    assert page.status == 200
    assert page.soup.select("main form") == []
    assert post(client, f"/ordini/{order.number}/annulla").status_code == 403
    assert app.test_client().get(f"/ordini/{order.number}").location.startswith("/accedi")


def test_a_closed_order_is_never_told_as_paid_and_a_cancelled_one_has_no_mail_to_send_again(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User]
) -> None:
    with tx() as session:
        waiting = an_order(session, studio[0], "CREDIT-50")
    sign_in(client, studio[1])
    cancelled = visit(client, f"/ordini/{waiting.number}").follow("Annulla l’ordine").press("Annulla l’ordine")
    assert "Ordine annullato" in cancelled.text
    assert "Invia di nuovo la mail" not in cancelled.text
    assert post(client, f"/ordini/{waiting.number}/mail").location == f"/ordini/{waiting.number}"
    assert "Per un ordine annullato non c’è una mail da inviare." in visit(client, f"/ordini/{waiting.number}").text
    with tx() as session:
        assert session.scalars(select(Mail.template).where(Mail.template == "order_paid")).all() == []


@pytest.mark.parametrize(
    ("state", "template"),
    [("EXPIRED", "order_expired"), ("NEEDS_REQUOTE", "order_needs_requote")],
)
def test_the_mail_sent_again_is_the_one_of_the_present_state(
    client: FlaskClient, tx: Transact, studio: tuple[Party, User], state: OrderState, template: str
) -> None:
    with tx() as session:
        order = an_order(session, studio[0], "CREDIT-50")
        session.get_one(Order, order.id).state = state
    sign_in(client, studio[1])
    visit(client, f"/ordini/{order.number}").press("Invia di nuovo la mail")
    with tx() as session:
        sent = session.scalars(select(Mail.template).where(Mail.recipient == order.contact_email)).all()
    assert sorted(sent) == sorted(["order_received", template])
