"""Turning the automatic renewal on: who may, what is read and agreed to, and the card that is saved (F004-22)."""

from sqlalchemy import select

from shop.renewals.mandate_text import VERSION, text_fingerprint
from shop.renewals.mandates import RenewalMandate
from shop.renewals.saved_cards import card_of
from tests.browsing import visit
from tests.factories import a_studio, a_user
from tests.flows.renewal_payer import TICKS, Payer
from tests.flows.service_shop import BASE, Shop
from tests.flows.test_buy_by_card import letter_arrives
from tests.signing import post, sign_in

FINGERPRINTS = {"2026-11": "d39853439045d7b10acbf51fe4bbfdda0c8fbb2a3acfa58c47fd5e89ab3130df"}


def test_another_card_takes_the_place_of_the_first_whatever_order_their_letters_come_in(payer: Payer) -> None:
    payer.turn_on()
    pages = [visit(payer.browser, payer.address).press("Cambia carta").response.headers["Location"] for _ in range(2)]
    older, newer = (page.rsplit("/", 1)[-1] for page in pages)
    for seconds, page_id in enumerate((older, newer), start=60):
        intent = payer.gateway.objects[payer.gateway.save_card(page_id, last4=f"44{seconds}")["setup_intent"]]
        intent["created"] += seconds
    for page_id in (newer, older):
        letter_arrives(payer.shop.client, "checkout.session.completed", payer.gateway.objects[page_id])
        payer.shop.jobs()
    with payer.shop.tx() as session:
        card = card_of(session, payer.shop.studio_id)
    assert card is not None
    assert card.last4 == "4461"
    methods = [one for one in payer.gateway.objects.values() if one["object"] == "payment_method"]
    assert [one["id"] for one in methods if one["customer"]] == [card.payment_method_id], "the others are forgotten"
    payer.go_to(7)
    assert payer.intents()[0]["payment_method"] == card.payment_method_id


def test_nothing_is_agreed_to_unread(payer: Payer) -> None:
    page = visit(payer.browser, payer.address)
    refused = page.press("Attiva", {"terms": "1"})
    assert refused.status == 422
    assert "autorizza gli addebiti" in refused.text
    assert "clausola sul tacito rinnovo" in refused.text
    assert "checked" in str(refused.soup.select_one("input[name=terms]"))
    stale = page.press("Attiva", TICKS | {"seen_gross_cents": "1"})
    assert "Il rinnovo è cambiato" in stale.text
    other = page.press("Attiva", TICKS | {"version": "2020-01"})
    assert "Il testo è cambiato" in other.text
    with payer.shop.tx() as session:
        assert session.scalars(select(RenewalMandate)).all() == []


def test_another_studio_finds_nothing_there(payer: Payer) -> None:
    with payer.shop.tx() as session:
        stranger = a_user(session, a_studio(session, tax_code="00743110157").id)
    browser = payer.shop.client.application.test_client()
    sign_in(browser, stranger)
    for path in ("", "/fine", "/carta", "/carta/togli"):
        assert post(browser, f"{payer.address}{path}", fields=TICKS).status_code == 404
    assert browser.get(payer.address).status_code == 404


def test_a_mandate_text_that_changed_has_a_new_version() -> None:
    assert FINGERPRINTS[VERSION] == text_fingerprint(), "give a changed text a new version, and note its fingerprint"


def test_agreed_to_in_the_last_week_it_counts_from_the_next_end_on(payer: Payer) -> None:
    payer.go_to(5)
    assert "Questa volta rinnova con un clic" in visit(payer.browser, payer.address).text
    payer.turn_on()
    assert "È attivo dalla scadenza successiva" in payer.services()
    payer.go_to(2)
    assert payer.attempts() == []
    now = payer.shop.running()
    payer.shop.buy(*[payer.shop.line(sku, one.quantity, one) for sku, one in now.items()])
    payer.ends_on = payer.shop.ends()[BASE]
    payer.go_to(7)
    assert payer.order().state == "FULFILLED"


def test_without_the_secure_page_nothing_is_lost_and_the_card_can_be_saved_later(payer: Payer) -> None:
    payer.gateway.down = True
    page = visit(payer.browser, payer.address).press("Attiva", TICKS)
    assert "La pagina per la carta non risponde." in page.text
    payer.gateway.down = False
    secure_page = page.press("Salva una carta").response.headers["Location"]
    payer.type_card(secure_page.rsplit("/", 1)[-1])
    assert "Visa che finisce con 4242" in payer.services()


def test_a_card_that_expires_before_the_renewal_is_told_of_in_time(payer: Payer) -> None:
    payer.turn_on()
    with payer.shop.tx() as session:
        card = card_of(session, payer.shop.studio_id)
        assert card is not None
        card.exp_year = payer.ends_on.year - 1
    assert "La carta scade prima del rinnovo." in visit(payer.browser, payer.address).text


def test_where_no_base_runs_there_is_nothing_to_agree_to(shop: Shop) -> None:
    with shop.tx() as session:
        owner = a_user(session, shop.studio_id)
    browser = shop.client.application.test_client()
    sign_in(browser, owner)
    address = f"/aziende/{shop.company_id}/rinnovo-automatico"
    assert "Qui non c’è niente da rinnovare." in visit(browser, address).text
    assert post(browser, address, fields=TICKS).status_code == 422
    assert "Rinnovo automatico" not in visit(browser, f"/aziende/{shop.company_id}/servizi").text
