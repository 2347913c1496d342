"""A studio buys coupons by card: from the catalogue, not yet signed in, to coupons and mails (F003-03 to F003-10)."""

import hashlib
import hmac
import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements import Party, count_by_state
from foundation import clock
from foundation.database import JsonObject
from foundation.ids import new_id
from foundation.mail import MemoryMailer
from foundation.settings import SANDBOX_WEBHOOK_SECRET
from shop import MemoryGateway, Order, User, lock_order
from shop.accounts.passwords import hash_password
from shop.orders.order_book import TermsAcceptance
from shop.orders.placing import CLAUSES
from tests.browsing import Page, visit
from tests.conftest import Transact
from tests.factories import a_studio, a_user
from tests.stories import pay_by_card, stock_the_shop

PASSWORD = "cavallo batteria graffetta"
TICKS = {"terms": "1", "tacit_renewal": "1", "liability_limits": "1"}


@pytest.fixture
def studio(tx: Transact) -> tuple[Party, User]:
    """A studio with complete billing data, and its owner with a password."""
    with tx() as session:
        stock_the_shop(session)
        party = a_studio(
            session,
            name="Studio Ferraris & Conti",
            vat_number="00743110157",
            tax_code="00743110157",
            sdi_code="M5UXCR1",
            pec=None,
        )
        return party, a_user(session, party.id, password_hash=hash_password(PASSWORD))


def test_a_visitor_fills_a_cart_signs_in_orders_once_pays_by_card_and_has_coupons_at_once(
    client: FlaskClient, outside: Outside, tx: Transact, run_jobs: Callable[[], int], studio: tuple[Party, User]
) -> None:
    party, owner = studio
    checkout = a_full_cart_taken_to_the_checkout(client, owner)
    there = mistakes_put_right_and_the_button_pressed_twice(checkout)
    with tx() as session:
        order = session.scalars(select(Order)).one()
        accepted = session.scalars(select(TermsAcceptance.clause).where(TermsAcceptance.order_id == order.id)).all()
    assert set(accepted) == set(CLAUSES)
    assert order.gross_cents == 17_934

    session_id = there.rsplit("/", 1)[-1]
    back = visit(client, f"/ordini/{order.number}/esito?sessione={session_id}")
    assert "Stiamo verificando il pagamento." in back.text
    assert "In attesa di pagamento" in back.part(".g-stato")

    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    gateway.pay(session_id)
    letter_arrives(client, "checkout.session.completed", gateway.objects[session_id])
    run_jobs()
    done = visit(client, f"/ordini/{order.number}/esito?sessione={session_id}")
    assert "Evaso" in done.part(".g-stato")
    steps = done.part(".g-time")
    assert steps.index("Ordinato") < steps.index("Pagato") < steps.index("Coupon emessi")
    with tx() as session:
        assert count_by_state(session, party.id) == {"AVAILABLE": 3}
    assert subjects(outside) == [
        f"Ordine ricevuto · {order.number}",
        f"Pagamento registrato · {order.number}",
        f"Coupon pronti · {order.number}",
    ]
    assert "Il carrello è vuoto" in visit(client, "/carrello").text


def test_the_mails_of_an_order_name_amount_lines_and_the_next_step_in_italian(
    client: FlaskClient, outside: Outside, run_jobs: Callable[[], int], studio: tuple[Party, User]
) -> None:
    order_in_the_browser(client, studio[1])
    run_jobs()
    mailer = outside.mailer
    assert isinstance(mailer, MemoryMailer)
    message = mailer.messages[0]
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\u00a0", " ")
    assert "Coupon LITE 3 × 49,00 €: 147,00 €" in text
    assert "IVA 22%: 32,34 €" in text
    assert "Paga con carta:" in text
    page = message.get_body(("html",))
    assert page is not None
    assert "179,34 €" in page.get_content().replace("\u00a0", " ")


def test_a_gateway_that_does_not_answer_leaves_an_order_that_can_be_paid_later_or_by_transfer(
    client: FlaskClient, outside: Outside, studio: tuple[Party, User]
) -> None:
    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    gateway.down = True
    waiting = order_in_the_browser(client, studio[1])
    assert waiting.path.startswith("/ordini/ORD-")
    assert "La pagina di pagamento non risponde." in waiting.text
    gateway.down = False
    assert waiting.press("Riprova a pagare").status == 303
    by_transfer = visit(client, waiting.path).press("Paga con bonifico")
    assert "In attesa del bonifico" in by_transfer.part(".g-stato")
    assert "IT60 X054 2811 1010 0000 0123 456" in by_transfer.text


@pytest.mark.parametrize("button", ["Riprova a pagare", "Paga con bonifico"])
def test_paying_again_what_another_tab_has_paid_shows_how_the_order_stands(
    client: FlaskClient, outside: Outside, studio: tuple[Party, User], tx: Transact, button: str
) -> None:
    order_in_the_browser(client, studio[1])
    with tx() as session:
        order = session.scalars(select(Order)).one()
    stale = visit(client, f"/ordini/{order.number}")
    with tx() as session:
        pay_by_card(session, lock_order(session, order.id))
    again = stale.press(button)
    assert (again.status, again.path) == (200, f"/ordini/{order.number}")
    assert "non aspetta un pagamento" in again.text
    assert "Evaso" in again.part(".g-stato")
    gateway = outside.gateway
    assert isinstance(gateway, MemoryGateway)
    assert len([one for one in gateway.objects.values() if one["object"] == "checkout.session"]) == 1


def a_full_cart_taken_to_the_checkout(client: FlaskClient, owner: User) -> Page:
    """Collected before signing in, kept through it."""
    catalogue = visit(client, "/catalogo")
    assert "Invito all’acquisto" in catalogue.text
    cart = catalogue.press("Aggiungi LITE al carrello", {"sku": "LITE-1", "quantity": "3"})
    assert cart.path == "/carrello"
    assert "147,00 €" in cart.part("aside")
    assert "179,34 €" in cart.part(".g-due")
    door = cart.follow("Vai al pagamento")
    assert door.path == "/accedi"
    checkout = door.press("Accedi", {"email": owner.email, "password": PASSWORD}, within="main")
    assert checkout.path == "/cassa"
    assert "Studio Ferraris & Conti" in checkout.part("address")
    return checkout


def mistakes_put_right_and_the_button_pressed_twice(checkout: Page) -> str:
    """Every mistake is told at once and beside its field; two presses lead to one payment page, which is answered."""
    wrong = checkout.press("Ordine con obbligo di pagare", {"postal_code": "1012", "sdi_code": "M5UXCR"})
    assert wrong.status == 422
    assert wrong.title.startswith("Errore:")
    summary = wrong.part(".g-errs")
    assert "Controlla 5 punti" in summary
    assert "Il codice destinatario ha 7 caratteri: ne hai scritti 6." in summary
    assert "Il CAP ha 5 cifre: ne hai scritte 4." in summary
    assert "Il CAP ha 5 cifre: ne hai scritte 4." in wrong.part("#postal_code-error")
    put_right = {"postal_code": "10121", "sdi_code": "M5UXCR1", **TICKS}
    there = wrong.press("Ordine con obbligo di pagare · 179,34 €", put_right)
    assert there.status == 303
    again = wrong.press("Ordine con obbligo di pagare · 179,34 €", put_right)
    assert again.response.location == there.response.location
    return str(there.response.location)


def order_in_the_browser(client: FlaskClient, owner: User) -> Page:
    """Three LITE coupons, ordered by card by somebody who signs in first."""
    visit(client, "/accedi").press("Accedi", {"email": owner.email, "password": PASSWORD}, within="main")
    cart = visit(client, "/catalogo").press("Aggiungi LITE al carrello", {"sku": "LITE-1", "quantity": "3"})
    return cart.follow("Vai al pagamento").press("Ordine con obbligo di pagare", TICKS)


def letter_arrives(client: FlaskClient, event_type: str, body: JsonObject) -> None:
    """Stripe tells us, signed; the letter is only a hint."""
    now = int(clock.real_now().timestamp())
    event = {
        "id": f"evt_{new_id().hex}",
        "object": "event",
        "type": event_type,
        "created": now,
        "livemode": False,
        "api_version": "2026-01-28",
        "data": {"object": body},
    }
    raw = json.dumps(event).encode()
    signed = hmac.new(SANDBOX_WEBHOOK_SECRET.encode(), f"{now}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={now},v1={signed}"}
    answer = client.post("/webhooks/stripe", data=raw, content_type="application/json", headers=headers)
    assert answer.status_code < 300, answer.text


def subjects(outside: Outside) -> list[str]:
    """The subjects of the mails that went out."""
    mailer = outside.mailer
    assert isinstance(mailer, MemoryMailer)
    return [str(message["Subject"]) for message in mailer.messages]
