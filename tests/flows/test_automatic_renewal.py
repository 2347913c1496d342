"""A payer lets a company's services renew by themselves by card: on, charged once seven days before, off (F004-22)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from entitlements import Cause, set_payer
from foundation.database import JsonObject, transaction
from foundation.ids import new_id
from foundation.jobs import RetryLater, run_due
from foundation.mail import MemoryMailer
from foundation.principal import Principal
from pricing import add_months
from shop import MemoryGateway, Order, RefundWish
from shop.accounts.seat_people import invite_to_seat
from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from shop.orders.order_book import OrderLine, TermsAcceptance
from shop.orders.placing import CLAUSES
from shop.payments.money_in import payments_of
from shop.renewals.attempts import RenewalAttempt
from shop.renewals.automatic_orders import renew_by_itself
from shop.renewals.charging import _commit_intent, charge_renewal
from shop.renewals.mandate_text import VERSION, text_fingerprint
from shop.renewals.mandates import RenewalMandate
from shop.renewals.saved_cards import SavedCard, card_of
from tests.addons import until
from tests.banking import FINANCE
from tests.browsing import visit
from tests.factories import a_studio, a_user
from tests.flows.service_shop import BASE, DOCUMENTS, SEAT, Shop
from tests.flows.test_buy_by_card import letter_arrives
from tests.refunding import request_refund
from tests.signing import post, sign_in
from tests.stories import DEMO_CATALOGUE

TICKS = {"mandate": "1", "terms": "1", "tacit_renewal": "1", "liability_limits": "1"}
FINGERPRINTS = {"2026-11": "d39853439045d7b10acbf51fe4bbfdda0c8fbb2a3acfa58c47fd5e89ab3130df"}
GROSS = 7893
"""29.90 + 15.00 + 2 × 9.90, and 22 % of it."""


@dataclass
class Payer:
    """The studio that pays, at its browser, with the services it bought for its client until `ends_on`."""

    shop: Shop
    browser: FlaskClient
    ends_on: date
    advance: Callable[[timedelta], None]

    @property
    def gateway(self) -> MemoryGateway:
        gateway = self.shop.outside.gateway
        assert isinstance(gateway, MemoryGateway)
        return gateway

    @property
    def address(self) -> str:
        return f"/aziende/{self.shop.company_id}/rinnovo-automatico"

    def services(self) -> str:
        return visit(self.browser, f"/aziende/{self.shop.company_id}/servizi").text.replace("\u00a0", " ")

    def agree(self) -> str:
        """Everything ticked and the one button pressed; answers where that leads."""
        return visit(self.browser, self.address).press("Attiva", TICKS).response.headers["Location"]

    def type_card(self, page_id: str, refusing: str | None = None) -> None:
        """The card is typed on the secure page, and its two letters come, one of them twice."""
        self.gateway.save_card(page_id, refusing=refusing)
        page = self.gateway.objects[page_id]
        for event, body in (
            ("setup_intent.succeeded", self.gateway.objects[page["setup_intent"]]),
            ("checkout.session.completed", page),
            ("checkout.session.completed", page),
        ):
            letter_arrives(self.shop.client, event, body)
        self.shop.jobs()

    def turn_on(self, refusing: str | None = None) -> None:
        secure_page = self.agree()
        assert "/checkout/cs_test_" in secure_page
        self.type_card(secure_page.rsplit("/", 1)[-1], refusing)

    def go_to(self, days_before: int) -> None:
        """Business time goes on to noon, so many days before the end, and whatever is due is done."""
        self.advance(until(self.ends_on - timedelta(days=days_before)))
        self.shop.jobs()

    def tell_of_the_charge(self) -> None:
        """Stripe's letters about the intent and its charge arrive, twice."""
        for body in [one for one in self.gateway.objects.values() if str(one["id"]).startswith(("pi_s", "ch_s"))] * 2:
            letter_arrives(self.shop.client, f"{body['object']}.succeeded", body)
        self.shop.jobs()

    def attempts(self) -> list[RenewalAttempt]:
        with self.shop.tx() as session:
            return list(session.scalars(select(RenewalAttempt).order_by(RenewalAttempt.id)))

    def order(self) -> Order:
        """The order the attempt placed."""
        (attempt,) = self.attempts()
        assert attempt.order_id is not None
        with self.shop.tx() as session:
            return session.get_one(Order, attempt.order_id)

    def intents(self) -> list[JsonObject]:
        saved = [one for one in self.gateway.objects.values() if one["object"] == "payment_intent"]
        return [one for one in saved if str(one["id"]).startswith("pi_saved")]

    def payments(self) -> int:
        """How often the money of the automatic order was recorded."""
        order = self.order()
        with self.shop.tx() as session:
            return len(payments_of(session, order.id))

    def mail(self, subject: str) -> str:
        """The text of the newest mail whose subject begins so."""
        mailer = self.shop.outside.mailer
        assert isinstance(mailer, MemoryMailer)
        found = [one for one in mailer.messages if str(one["Subject"]).startswith(subject)]
        assert found, self.shop.subjects()
        body = found[-1].get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\u00a0", " ")

    def mails(self, subject: str) -> int:
        return sum(one.startswith(subject) for one in self.shop.subjects())


@pytest.fixture
def payer(shop: Shop, advance: Callable[[timedelta], None]) -> Payer:
    """A base with a module and two seats, bought by the studio that pays for the company."""
    shop.buy(shop.line(BASE), shop.line(DOCUMENTS), shop.line(SEAT, 2))
    with shop.tx() as session:
        owner = a_user(session, shop.studio_id)
    browser = shop.client.application.test_client()
    sign_in(browser, owner)
    return Payer(shop, browser, shop.ends()[BASE], advance)


def test_agreed_to_once_with_a_saved_card_everything_renews_by_itself_seven_days_before_the_end(payer: Payer) -> None:
    assert "ti scriviamo 30, 7 e 1 giorno prima" in payer.services()
    secure_page = payer.agree()
    with payer.shop.tx() as session:
        mandate = session.scalars(select(RenewalMandate)).one()
    assert (mandate.text_version, mandate.text_sha256) == (VERSION, text_fingerprint())
    assert (mandate.shown_gross_cents, mandate.shown_ends_on) == (GROSS, payer.ends_on)
    assert "Manca solo la carta" in payer.services()
    payer.shop.jobs()
    assert "Posso disattivarlo o togliere la carta quando voglio" in payer.mail("Rinnovo automatico attivo")

    payer.type_card(secure_page.rsplit("/", 1)[-1])
    with payer.shop.tx() as session:
        card = session.scalars(select(SavedCard)).one()
    assert (card.brand, card.last4, card.exp_month, card.exp_year) == ("visa", "4242", 11, 2029)
    assert "con la carta Visa che finisce con 4242: 78,93 €, IVA inclusa" in payer.services()

    payer.go_to(31)
    letter = payer.mail("Servizi in scadenza")
    assert "si rinnova da solo il" in letter
    assert "Visa che finisce con 4242, 78,93 €" in letter
    payer.go_to(8)
    assert payer.attempts() == []
    payer.go_to(7)
    payer.tell_of_the_charge()

    (attempt,) = payer.attempts()
    assert attempt.charged_at is not None
    order = payer.order()
    assert (order.state, order.gross_cents, order.buyer_party_id) == ("FULFILLED", GROSS, payer.shop.studio_id)
    (intent,) = payer.intents()
    assert (intent["amount"], intent["payment_method"]) == (GROSS, card.payment_method_id)
    assert payer.shop.ends() == dict.fromkeys((BASE, DOCUMENTS, SEAT), add_months(payer.ends_on, 12))
    with payer.shop.tx() as session:
        lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).all()
        clauses = session.scalars(select(TermsAcceptance.clause).where(TermsAcceptance.order_id == order.id)).all()
    assert {line.term["action"] for line in lines if line.term} == {"RENEW"}
    assert set(clauses) == set(CLAUSES)
    assert payer.payments() == 1
    told = [one for one in payer.shop.subjects() if order.number in one]
    assert told == [f"Pagamento registrato · {order.number}", f"Ordine evaso · {order.number}"]
    payer.go_to(1)
    assert payer.mails("Servizi in scadenza") == 2, "thirty and seven days before; what is renewed ends no more"


def test_a_due_row_and_a_job_done_twice_charge_once(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(7)
    (attempt,) = payer.attempts()
    for _ in range(2):
        with payer.shop.client.application.app_context():
            with transaction() as session:
                assert renew_by_itself(session, payer.shop.company_id, payer.ends_on) is None
            charge_renewal(attempt.id, payer.gateway)
    payer.tell_of_the_charge()
    assert (len(payer.intents()), payer.payments(), len(payer.attempts())) == (1, 1, 1)


def test_a_silent_gateway_is_asked_again_and_charges_once(payer: Payer) -> None:
    payer.turn_on()
    payer.gateway.down = True
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
        (attempt,) = payer.attempts()
        with pytest.raises(RetryLater):
            charge_renewal(attempt.id, payer.gateway)
    (attempt,) = payer.attempts()
    assert attempt.is_under_way
    number = payer.order().number
    paying = visit(payer.browser, f"/ordini/{number}")
    payer.gateway.down = False
    assert "ora non si può pagare con carta" in paying.press("Riprova a pagare").text, "the saved card is being asked"
    payer.shop.jobs()
    assert (payer.order().state, payer.payments()) == ("FULFILLED", 1)


def test_money_whose_letter_comes_before_the_answer_is_recorded_once(payer: Payer) -> None:
    """The process died between the charge and its note: the letter brings the money, the job done again the note."""
    payer.turn_on()
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
        (attempt,) = payer.attempts()
        call = _commit_intent(attempt.id)
        assert call is not None
        payer.gateway.charge_saved_card(call.key, call.parameters)
        letter_arrives(payer.shop.client, "payment_intent.succeeded", payer.intents()[0])
        payer.shop.jobs()
    assert (payer.order().state, payer.payments(), len(payer.intents())) == ("FULFILLED", 1, 1)
    assert payer.attempts()[0].charged_at is not None


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        ("card_declined", "DECLINED", "L’addebito sulla carta è stato rifiutato."),
        ("authentication_required", "AUTHENTICATION", "La banca vuole che confermi tu"),
        ("expired_card", "CARD_EXPIRED", "La carta è scaduta."),
    ],
)
def test_a_bank_that_says_no_charges_nothing_and_leaves_an_order_to_be_paid_with_one_press(
    payer: Payer, code: str, reason: str, words: str
) -> None:
    payer.turn_on(refusing=code)
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.charged_at) == (reason, None)
    order = payer.order()
    assert order.state == "AWAITING_PAYMENT"
    letter = payer.mail("Il rinnovo automatico non è riuscito")
    assert words in letter
    assert f"/ordini/{order.number}" in letter
    assert words in payer.services()
    payer.shop.jobs()
    assert payer.mails("Il rinnovo automatico non è riuscito") == 1

    page = visit(payer.browser, f"/ordini/{order.number}").press("Riprova a pagare").response.headers["Location"]
    page_id = page.rsplit("/", 1)[-1]
    payer.gateway.pay(page_id)
    letter_arrives(payer.shop.client, "checkout.session.completed", payer.gateway.objects[page_id])
    payer.shop.jobs()
    assert payer.shop.ends()[BASE] == add_months(payer.ends_on, 12)
    assert payer.payments() == 1


def test_switched_off_in_one_press_nothing_is_charged_and_the_letters_go_on(payer: Payer) -> None:
    payer.turn_on()
    services = visit(payer.browser, f"/aziende/{payer.shop.company_id}/servizi")
    assert "Rinnovo automatico disattivato." in services.press("Disattiva").text
    payer.go_to(7)
    payer.go_to(2)
    assert payer.attempts() == []
    assert payer.mails("Servizi in scadenza") == 2
    assert "si rinnova da solo" not in payer.mail("Servizi in scadenza")
    with payer.shop.tx() as session:
        assert session.scalars(select(RenewalMandate.end_reason)).all() == ["SWITCHED_OFF"]


def test_switched_off_after_the_order_was_placed_it_is_cancelled_and_nothing_is_charged(payer: Payer) -> None:
    payer.turn_on()
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
    visit(payer.browser, payer.address).press("Disattiva")
    payer.shop.jobs()
    assert (payer.order().state, payer.attempts()[0].reason) == ("CANCELLED", "SWITCHED_OFF")
    assert payer.intents() == []


def test_without_the_card_nothing_renews_and_the_gateway_forgets_it(payer: Payer) -> None:
    payer.turn_on()
    with payer.shop.tx() as session:
        card_id = session.scalars(select(SavedCard.payment_method_id)).one()
    gone = visit(payer.browser, payer.address).press("Togli la carta")
    assert "nessun rinnovo verrà addebitato" in gone.text
    payer.shop.jobs()
    assert payer.gateway.objects[card_id]["customer"] is None
    with payer.shop.tx() as session:
        card = session.scalars(select(SavedCard)).one()
        assert session.scalars(select(RenewalMandate.end_reason)).all() == ["CARD_REMOVED"]
    assert (card.brand, card.last4, card.exp_month) == (None, None, None)
    page_id = next(one["id"] for one in payer.gateway.objects.values() if one.get("mode") == "setup")
    payer.type_card(page_id)
    with payer.shop.tx() as session:
        assert card_of(session, payer.shop.studio_id) is None, "a late letter brings no card back"
    payer.go_to(7)
    assert payer.attempts() == []


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


def test_agreed_to_without_a_card_the_payer_is_written_to_and_nothing_is_ordered(payer: Payer) -> None:
    payer.agree()
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id) == ("NO_CARD", None)
    assert "Non c’era nessuna carta salvata." in payer.mail("Il rinnovo automatico non è riuscito")


def test_what_is_renewed_or_ordered_by_hand_is_not_renewed_again(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(10)
    now = payer.shop.running()
    renewal = [payer.shop.line(sku, one.quantity, one) for sku, one in now.items()]
    waiting = payer.shop.order(*renewal, method="bank_transfer")
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == ("ORDER_EXISTS", None, [])
    assert payer.mails("Il rinnovo automatico non è riuscito") == 0
    payer.shop.transfer_arrives(waiting["number"], waiting["gross_cents"])


def test_renewed_by_hand_before_the_day_it_renews_by_itself_at_the_next_end(payer: Payer) -> None:
    payer.turn_on()
    now = payer.shop.running()
    payer.shop.buy(*[payer.shop.line(sku, one.quantity, one) for sku, one in now.items()])
    payer.go_to(7)
    assert payer.attempts() == []
    payer.ends_on = payer.shop.ends()[BASE]
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert attempt.ends_on == payer.ends_on
    assert payer.order().state == "FULFILLED"


def test_a_price_above_the_announced_one_is_not_charged_but_written_about(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(31)
    assert "78,93 €" in payer.mail("Servizi in scadenza")
    with payer.shop.tx() as session:
        dearer = DEMO_CATALOGUE.read_text().replace('net = "29.90"', 'net = "31.90"')
        checked = check_catalogue(dearer)
        assert checked.catalogue is not None, checked.mistakes
        import_catalogue(session, checked.catalogue)
    payer.go_to(8)
    assert "questa volta non addebita nulla" in payer.mail("Servizi in scadenza")
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == ("PRICE_ROSE", None, [])
    assert "Il prezzo è salito" in payer.mail("Il rinnovo automatico non è riuscito")


def test_a_catalogue_that_sells_no_more_seats_while_people_sit_has_the_payer_written_to(payer: Payer) -> None:
    payer.turn_on()
    with payer.shop.tx() as session:
        by = Principal(None, payer.shop.company_id, "company_owner")
        invite_to_seat(session, payer.shop.company_id, "persona@example.it", {"sent": "read"}, by)
        first, *products = DEMO_CATALOGUE.read_text().split("[[product]]")
        kept = [one for one in products if f'sku = "{SEAT}"' not in one]
        assert len(kept) == len(products) - 1
        checked = check_catalogue("[[product]]".join((first, *kept)))
        assert checked.catalogue is not None, checked.mistakes
        import_catalogue(session, checked.catalogue)
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == ("NOT_ORDERABLE", None, [])
    letter = payer.mail("Il rinnovo automatico non è riuscito")
    assert "Qualcosa impedisce di rinnovare tutto insieme" in letter
    assert f"/aziende/{payer.shop.company_id}/servizi" in letter


def test_whoever_pays_no_longer_is_not_charged(payer: Payer) -> None:
    payer.turn_on()
    with payer.shop.tx() as session:
        owner = a_user(session, payer.shop.company_id, "owner")
        set_payer(session, payer.shop.company_id, payer.shop.company_id, "COMPANY", Cause("correction", new_id()))
    assert visit(payer.browser, payer.address).status == 404
    company = payer.shop.client.application.test_client()
    sign_in(company, owner)
    assert "È disattivato" in visit(company, "/servizi").text
    payer.go_to(7)
    assert payer.attempts() == []
    with payer.shop.tx() as session:
        assert session.scalars(select(RenewalMandate.end_reason)).all() == ["PAYER_CHANGED"]


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


def test_an_automatic_renewal_is_given_back_to_the_card_it_came_from(payer: Payer) -> None:
    payer.turn_on()
    payer.go_to(7)
    with payer.shop.client.application.app_context():
        request_refund(payer.order().id, RefundWish(everything=True), FINANCE, payer.gateway)
    (intent,) = payer.intents()
    assert payer.gateway.objects[intent["latest_charge"]]["amount_refunded"] == GROSS


@pytest.mark.parametrize(
    ("reason", "change", "words"),
    [
        ("BILLING", "UPDATE parties SET sdi_code = NULL, pec = NULL", "Mancano dei dati di fatturazione"),
        ("TERMS_CHANGED", "UPDATE renewal_mandates SET terms_version = '2020-01'", "Le condizioni generali sono"),
    ],
)
def test_what_changed_since_it_was_agreed_to_is_written_about_and_not_charged(
    payer: Payer, reason: str, change: str, words: str
) -> None:
    payer.turn_on()
    with payer.shop.tx() as session:
        session.execute(text(change))
    payer.go_to(7)
    (attempt,) = payer.attempts()
    assert (attempt.reason, attempt.order_id, payer.intents()) == (reason, None, [])
    assert words in payer.mail("Il rinnovo automatico non è riuscito")


def test_a_gateway_that_failed_inside_is_looked_into_before_the_charge_is_given_up(payer: Payer) -> None:
    """Its answer stays under the key for a day, so asking again would tell nothing."""
    payer.turn_on()
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
        payer.gateway.failing.add(f"order-{payer.order().id}-renewal")
        charge_renewal(payer.attempts()[0].id, payer.gateway)
    assert (payer.attempts()[0].reason, payer.intents()) == ("DECLINED", [])
    assert payer.order().state == "AWAITING_PAYMENT"


def test_money_that_is_still_on_its_way_is_waited_for(payer: Payer) -> None:
    payer.turn_on()
    payer.advance(until(payer.ends_on - timedelta(days=7)))
    with payer.shop.client.application.app_context():
        run_due()
        (attempt,) = payer.attempts()
        call = _commit_intent(attempt.id)
        assert call is not None
        intent = payer.gateway.charge_saved_card(call.key, call.parameters)
        intent["status"] = "processing"
        with pytest.raises(RetryLater):
            charge_renewal(attempt.id, payer.gateway)
        assert payer.attempts()[0].is_under_way
        intent["status"] = "succeeded"
    payer.shop.jobs()
    assert (payer.order().state, payer.payments(), len(payer.intents())) == ("FULFILLED", 1, 1)


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
