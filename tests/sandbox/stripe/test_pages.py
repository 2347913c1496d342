import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from tests.sandbox.stripe.stand import Account, item

BADGE = "SIMULATORE - nessun pagamento reale"
ALL_METHODS = ["card", "sepa_debit", "customer_balance"]


def page(account: Account, path: str) -> BeautifulSoup:
    return BeautifulSoup(account.send("GET", path).body, "html.parser")


def buttons(soup: BeautifulSoup) -> list[str]:
    return [str(button["value"]) for button in soup.find_all("button")]


def test_the_page_shows_badge_order_lines_and_total(account: Account) -> None:
    session = account.open_session(line_items=[item("7 × Pacchetto 100 fatture", 123456)])
    soup = page(account, f"/checkout/{session.id}")
    banner = soup.select_one(".sim")
    assert banner is not None
    assert banner.text == BADGE
    assert "ORD-2026-000123" in soup.text
    assert "7 × Pacchetto 100 fatture" in soup.text
    assert "1.234,56\u00a0€" in soup.text
    back = soup.find("a", string="Torna al carrello")
    assert back is not None
    assert back["href"] == "http://127.0.0.1:9/carrello"


def test_the_buttons_are_those_of_the_enabled_methods(account: Account) -> None:
    card = account.open_session()
    assert buttons(page(account, f"/checkout/{card.id}")) == ["card", "card_declined"]
    every = account.open_session(allowed_payment_method_types=ALL_METHODS)
    assert buttons(page(account, f"/checkout/{every.id}")) == [
        "card",
        "card_declined",
        "sepa_debit",
        "customer_balance",
    ]
    free = account.open_session(line_items=[item("omaggio", 0)])
    assert buttons(page(account, f"/checkout/{free.id}")) == ["nothing"]


def test_no_page_needs_scripts_or_inline_styles(account: Account) -> None:
    session = account.open_session()
    account.act("decline_card", session.id)
    for path in ("/", f"/checkout/{session.id}?esito=rifiutata", "/checkout/nobody"):
        answer = account.send("GET", path)
        soup = BeautifulSoup(answer.body, "html.parser")
        assert soup.find_all(["script", "style"]) == []
        assert soup.select("[style], [onclick], [onsubmit]") == []
        assert BADGE in soup.text
        assert len(soup.find_all("h1")) == 1
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_form_may_lead_to_the_shop_and_nowhere_else(account: Account) -> None:
    session = account.open_session(success_url="https://shop.example/esito", cancel_url="https://shop.example/carrello")
    policy = account.send("GET", f"/checkout/{session.id}").headers["Content-Security-Policy"]
    assert "form-action 'self' https://shop.example;" in policy
    assert "form-action 'self';" in account.send("GET", "/").headers["Content-Security-Policy"]


def test_what_the_shop_sends_is_shown_and_not_run(account: Account) -> None:
    session = account.open_session(line_items=[item("<script>alert(1)</script>", 100)], client_reference_id="<b>1</b>")
    answer = account.send("GET", f"/checkout/{session.id}")
    assert "<script>" not in answer.body
    assert "&lt;b&gt;1&lt;/b&gt;" in answer.body
    account.act("pay_card", session.id)
    assert "<b>1</b>" not in account.send("GET", "/").body


def test_a_form_from_another_site_is_refused(account: Account) -> None:
    session = account.open_session()
    for path in (f"/checkout/{session.id}", "/actions/make_payout", "/_control/flush", "/v1/customers"):
        answer = account.send("POST", path, b"outcome=card", Origin="https://evil.example")
        assert answer.status == 403
    assert account.client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_an_unknown_session_is_a_404(account: Account) -> None:
    assert account.send("GET", "/checkout/cs_test_nobody").status == 404
    assert account.press("cs_test_nobody", "card").status == 404


def test_a_closed_page_leads_back_to_the_shop(account: Account) -> None:
    session = account.open_session()
    account.act("pay_card", session.id)
    link = page(account, f"/checkout/{session.id}").find("a", string="Vai all’ordine")
    assert link is not None
    assert link["href"] == f"http://127.0.0.1:9/ordini/esito?session_id={session.id}"


def test_the_dashboard_lists_attempts_and_pulls_every_lever(account: Account) -> None:
    charge = account.paid_charge()
    soup = page(account, "/")
    assert charge.id in soup.text
    assert "1 tentativo" in soup.text
    levers = {str(form["action"]).rsplit("/", 1)[-1] for form in soup.find_all("form")}
    assert levers == {"refund", "open_dispute", "make_payout", "resend_event"}
    assert account.form("/actions/refund", id=charge.id, amount="12,50").status == 303
    assert account.client.v1.charges.retrieve(charge.id).amount_refunded == 1250
    assert account.form("/actions/open_dispute", id=charge.id, kind="chargeback").status == 303
    dispute = account.client.v1.disputes.list().data[0]
    assert account.form("/actions/lose_dispute", id=dispute.id).status == 303
    refused = account.form("/actions/refund", id=charge.id)
    assert refused.status == 400
    assert "contestato" in refused.body
    assert "Scrivi l’importo così" in account.form("/actions/refund", id=charge.id, amount="dodici").body


def test_every_field_of_the_dashboard_has_a_label(account: Account) -> None:
    account.paid_charge()
    soup = page(account, "/")
    fields = [field for field in soup.find_all("input") if field.get("type") != "hidden"]
    assert fields
    for field in fields:
        assert soup.find("label", attrs={"for": field["id"]}) is not None
    ids = re.findall(r'\bid="([^"]+)"', str(soup))
    assert len(ids) == len(set(ids))


@pytest.mark.browser
def test_a_browser_pays_on_a_phone_without_scripts_and_without_barriers(account: Account, chromium: Browser) -> None:
    session = account.open_session(
        allowed_payment_method_types=ALL_METHODS, success_url=f"{account.url}/?session_id={{CHECKOUT_SESSION_ID}}"
    )
    # axe needs scripts of its own; the pages are used without.
    plain = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640}).new_page()
    measured = chromium.new_page(viewport={"width": 320, "height": 640})
    for path in (str(session.url), f"{account.url}/"):
        measured.goto(path)
        assert measured.evaluate("document.documentElement.scrollWidth") <= 320
        assert Axe().run(measured).violations_count == 0
    plain.goto(str(session.url))
    plain.get_by_role("button", name="Prova una carta rifiutata").click()
    assert plain.title().startswith("Errore:")
    plain.get_by_role("button", name="Paga con una carta valida").click()
    assert plain.url == f"{account.url}/?session_id={session.id}"
    assert account.client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
