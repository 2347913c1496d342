"""The deferred-purchase invitation as the sources tell it (S003, F003-14 to F003-17, F003-21; D6, D11, D14, D23)."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app import Outside
from entitlements import (
    Accepted,
    Company,
    MemoryProvisioner,
    PurchaseNotWaiting,
    Refused,
    StudioLink,
    activate_coupon,
    correct_purchase,
    invitations,
    payer_at,
    purchase_of,
    rights_of,
    stock_of,
)
from entitlements.connections.link_requests import LinkRequest
from entitlements.connections.linking import link_state
from foundation import clock
from foundation.mail import MemoryMailer
from shop import MemoryGateway, RefundWish
from shop.payments.money_in import FinanceTask
from tests.banking import FINANCE, Bank
from tests.browsing import Browser
from tests.conftest import Transact
from tests.entitlements.scenes import OTHER_COMPANY, PAGES, browser_of
from tests.factories import a_studio, a_user
from tests.flows.inviting import CLIENT, Street, fill_in_data, text_of
from tests.refunding import contest_newest_charge, request_refund
from tests.stories import COMPANY_FORM, a_paid_order, company_data, owner_of, stock_the_shop


@pytest.fixture
def street(
    app: Flask,
    tx: Transact,
    outside: Outside,
    run_jobs: Callable[[], int],
    advance: Callable[[timedelta], None],
) -> Street:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session, name="Studio Ferraris & Conti")
        owner = a_user(session, studio.id, name="Giulia Ferraris")
    assert isinstance(outside.mailer, MemoryMailer)
    assert isinstance(outside.gateway, MemoryGateway)
    assert isinstance(outside.provisioner, MemoryProvisioner)
    bank = Bank(app.test_client(), run_jobs)
    browser = browser_of(app, owner)
    return Street(
        app, tx, studio, owner, browser, outside.mailer, outside.gateway, outside.provisioner, bank, run_jobs, advance
    )


def _company(street: Street, invitation_id: UUID) -> Company:
    with street.tx() as session:
        purchase = purchase_of(session, invitation_id)
        assert purchase is not None
        assert purchase.company_id is not None
        return session.get_one(Company, purchase.company_id)


def _tasks(street: Street, kind: str) -> int:
    with street.tx() as session:
        query = select(FinanceTask).where(FinanceTask.kind == kind, FinanceTask.resolved_at.is_(None))
        return len(session.scalars(query).all())


def test_an_invited_client_buys_its_company_which_is_linked_and_pays_for_itself(street: Street) -> None:
    """F003-14 to F003-17, F003-21, D14: from the studio's form to the client's own account."""
    street.browser.open("/supporto").follow("Spedisci un invito")
    assert street.browser.value("contact_name") == "Giulia Ferraris"
    invitation = street.invite()
    letter = text_of(street.letters()[0])
    assert "Studio Ferraris & Conti ti invita" in letter
    assert "59,78" in letter
    assert "art. 14 GDPR" in letter
    browser = street.client()
    assert browser.heading == "Studio Ferraris & Conti ti invita ad attivare Contabilità LITE"
    for said in (
        "59,78 € IVA inclusa",
        "Lo studio non paga nulla",
        "rinnovi e passaggi a licenza superiore",
        "per 30 giorni",
    ):
        assert said in browser.text
    street.filled(browser)
    assert "A carico della tua azienda" in browser.text
    assert street.state(invitation) == "IN_PROGRESS"
    street.order(browser)
    assert street.state(invitation) == "ORDERED"
    street.pay_by_card()
    assert street.state(invitation) == "PAID"
    street.run_jobs()
    assert street.state(invitation) == "CREATED"
    company = _company(street, invitation)
    assert company.state == "READY"
    with street.tx() as session:
        payer = payer_at(session, company.id, clock.now())
        link = session.scalars(select(StudioLink).where(StudioLink.company_id == company.id)).one()
    assert payer is not None
    assert (payer.payer, payer.payer_party_id, payer.cause_kind) == ("COMPANY", company.id, "invitation")
    assert (link.studio_id, link.cause_kind) == (street.studio.id, "invitation")
    assert street.vendor.created[f"company-{company.id}"]["payer"] == "COMPANY"
    assert street.studio.email is not None
    assert "L’azienda di Laura Brambilla è attiva" in street.subjects(street.studio.email)
    account = Browser(street.app.test_client()).open(street.link(kind="crea il tuo accesso"))
    assert account.heading == "Il tuo accesso a Officina Brambilla S.r.l."
    account.send("Accetta l’invito", name="Laura Brambilla", password="un cavallo giallo in cortile")
    assert account.status == 200
    assert "Ora hai accesso a Officina Brambilla S.r.l." in account.text
    street.browser.open("/aziende")
    assert "Officina Brambilla S.r.l." in street.browser.text


def test_looking_at_the_link_changes_nothing_and_leaves_no_trace(street: Street) -> None:
    """D6, M11: scanners follow every link; only the button opens, and the address never leaves the page."""
    invitation = street.invite()
    for _visit in range(3):
        answer = street.app.test_client().get(street.link())
        assert answer.status_code == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
    assert street.state(invitation) == "SENT"
    street.client().send("Continua con i dati dell’azienda")
    assert street.state(invitation) == "OPENED"


def test_the_draft_goes_on_at_another_device_with_a_code_sent_by_mail(street: Street) -> None:
    """F003-16: saved at each step; who holds only the link sees nothing of what was typed."""
    street.invite()
    first = street.client().send("Continua con i dati dell’azienda")
    first.send("Salva e continua", **{name: COMPANY_FORM[name] for name in ("vat_number", "tax_code", "name")})
    second = street.client()
    second.send("Riprendi da dove eri")
    assert second.heading == "Riprendi su questo dispositivo"
    assert "Brambilla S.r.l." not in second.text
    token = street.link().rsplit("/", 1)[1]
    assert "Brambilla" not in second.open(f"/invito/{token}/dati/dati-fiscali").text
    second.send("Manda il codice")
    street.run_jobs()
    right = street.code()
    second.send("Apri la bozza", code=f"{(int(right) + 1) % 1_000_000:06d}")
    assert second.status == 422
    second.send("Apri la bozza", code=right)
    assert second.heading == "Dati fiscali"
    assert second.value("name") == "Officina Brambilla S.r.l."


def test_a_transfer_creates_the_company_twelve_hours_after_it_is_recorded(street: Street) -> None:
    """F003-09, D9: the invited client pays by transfer as any buyer does."""
    invitation = street.invite()
    browser = street.order(street.filled(), "bank_transfer")
    order = street.newest_order()
    assert order.rf_reference in browser.text
    assert "/ordini/" not in text_of(street.letters()[-1])
    street.run_jobs()
    assert browser.url.replace("/stato", "") in text_of(street.letters()[-1])
    street.bank.transfer(order.gross_cents, order.rf_reference)
    assert street.state(invitation) == "PAID"
    assert "Creiamo l’azienda entro" in browser.open(browser.url).text
    street.advance(timedelta(hours=13))
    street.run_jobs()
    assert street.state(invitation) == "CREATED"
    assert "L’azienda è pronta e collegata a Studio Ferraris & Conti" in browser.open(browser.url).text


def test_the_price_is_locked_for_the_validity_of_the_invitation(street: Street) -> None:
    """D23: the order costs what the invitation said, to the cent, also on its last day."""
    invitation = street.invite()
    street.advance(timedelta(days=29, hours=20))
    street.order(street.filled())
    order = street.newest_order()
    with street.tx() as session:
        offer = session.get_one(invitations.Invitation, invitation).offer
    assert (order.gross_cents, order.price_book_version) == (offer["gross_cents"], offer["price_book_version"])


def test_an_expired_link_has_a_kind_page_and_a_new_invitation_one_click_away(street: Street) -> None:
    """D23: what was typed comes back with the invitation that is sent again; the old link stays dead."""
    invitation = street.invite()
    old = street.link()
    street.client().send("Continua con i dati dell’azienda").send("Salva e continua", vat_number="06363391001")
    street.advance(timedelta(days=31))
    street.run_jobs()
    assert street.state(invitation) == "EXPIRED"
    browser = street.client(old)
    assert browser.status == 410
    assert browser.heading == "L’invito è scaduto"
    browser.send("Chiedi un nuovo invito")
    assert "Abbiamo avvisato lo studio" in browser.text
    street.run_jobs()
    assert street.studio.email is not None
    assert "Laura Brambilla chiede un nuovo invito" in street.subjects(street.studio.email)
    street.browser.open(f"/inviti/{invitation}").send("Spedisci di nuovo")
    street.run_jobs()
    assert street.client(old).heading == "C’è un link più recente"
    fresh = street.client()
    fresh.send("Riprendi da dove eri")
    assert fresh.heading == "Riprendi su questo dispositivo"


def test_two_reminders_at_most_and_none_after_the_order(street: Street) -> None:
    """Interface, mails 5 and 6: a reminder on the seventh and on the twenty-first day, to whoever has not ordered."""
    street.invite()
    for days in (8, 7, 7):
        street.advance(timedelta(days=days))
        street.run_jobs()
    assert street.subjects().count("L’invito di Studio Ferraris & Conti ti aspetta") == 2
    street.invite("Secondo", "secondo@example.it")
    street.order(street.filled(street.client(street.link("secondo@example.it"))))
    street.advance(timedelta(days=8))
    street.run_jobs()
    assert "L’invito di Studio Ferraris & Conti ti aspetta" not in street.subjects("secondo@example.it")


def test_a_revoked_invitation_leads_nowhere_and_its_data_are_forgotten(street: Street) -> None:
    """GDPR: what led to nothing is not kept; the row stays, the person does not."""
    invitation = street.invite()
    link = street.link()
    street.browser.open(f"/inviti/{invitation}").send("Revoca l’invito")
    assert street.client(link).heading == "L’invito è stato ritirato"
    street.advance(timedelta(days=31))
    street.run_jobs()
    with street.tx() as session:
        row = session.get_one(invitations.Invitation, invitation)
    assert (row.client_name, row.client_email, row.state) == ("", "", "REVOKED")
    assert row.forgotten_at is not None
    assert "Dati cancellati" in street.browser.open("/inviti").text


def test_a_client_declines_and_the_studio_is_told(street: Street) -> None:
    invitation = street.invite()
    browser = street.client().follow("Rifiuta l’invito")
    browser.send("Rifiuta l’invito")
    assert browser.heading == "Hai rifiutato l’invito"
    assert street.state(invitation) == "DECLINED"
    street.run_jobs()
    assert street.studio.email is not None
    assert "Laura Brambilla ha rifiutato l’invito" in street.subjects(street.studio.email)


def test_a_wrong_type_is_corrected_and_what_was_typed_survives(street: Street) -> None:
    """F003-15: the client says so, the studio sends the right type, the form is still filled in."""
    invitation = street.invite()
    browser = street.filled()
    token = street.link().rsplit("/", 1)[1]
    browser.open(f"/invito/{token}/tipo-sbagliato").send("Avvisa lo studio", what="Mi serve la contabilità ordinaria")
    assert browser.heading == "Abbiamo avvisato lo studio"
    street.browser.open(f"/inviti/{invitation}")
    assert "Mi serve la contabilità ordinaria" in street.browser.text
    other = next(
        one["value"] for one in street.browser.page.select("select[name=sku] option") if "Ordinaria" in one.text
    )
    street.browser.send("Spedisci di nuovo", sku=str(other))
    street.run_jobs()
    browser.open(street.link())
    assert "Contabilità Ordinaria" in browser.heading
    browser.send("Riprendi da dove eri")
    assert browser.heading == "Riepilogo"
    assert "Officina Brambilla S.r.l." in browser.text


def test_a_company_that_is_active_already_is_offered_linking_and_nothing_is_bought(street: Street) -> None:
    """M6: told that it exists, never whose it is."""
    with street.tx() as session:
        other = a_studio(session, name="Studio Rivale")
        a_paid_order(session, other, "LITE-1")
        coupon = stock_of(session, other.id, limit=1)[0][0]
        activate_coupon(session, coupon.id, company_data(), owner_of(other))
    street.run_jobs()
    street.invite()
    browser = street.client().send("Continua con i dati dell’azienda")
    browser.send("Salva e continua", **{name: COMPANY_FORM[name] for name in PAGES[0]})
    assert "Questa azienda è già attiva." in browser.text
    assert "Rivale" not in browser.text
    for _press in range(2):
        browser.open(f"{street.link()}/collega").send("Chiedi il collegamento")
        assert browser.heading == "Abbiamo avvisato lo studio"
    with street.tx() as session:
        assert session.scalars(select(LinkRequest.asked_by_party_id)).all() == [street.studio.id], "asked once"
    assert COMPANY_FORM["tax_code"] in street.browser.open("/aziende/collegamenti").text
    assert "Rivale" not in street.browser.text


def test_the_owner_of_a_company_that_is_active_already_accepts_the_link_from_its_account(street: Street) -> None:
    """D22: a real request of the studio; accepting it moves neither the other studio nor who pays."""
    with street.tx() as session:
        other = a_studio(session, name="Studio Rivale")
        a_paid_order(session, other, "LITE-1")
        coupon = stock_of(session, other.id, limit=1)[0][0]
        company = activate_coupon(session, coupon.id, company_data(), owner_of(other))
        boss = a_user(session, company.id)
    street.run_jobs()
    street.invite()
    browser = street.client().send("Continua con i dati dell’azienda")
    browser.send("Salva e continua", **{name: COMPANY_FORM[name] for name in PAGES[0]})
    browser.follow("Chiedi il collegamento").send("Chiedi il collegamento")
    street.run_jobs()
    assert "Studio Ferraris & Conti ti chiede il collegamento" in street.subjects(COMPANY_FORM["email"])
    account = browser_of(street.app, boss).open("/commercialista")
    account.send("Accetta Studio Ferraris & Conti")
    with street.tx() as session:
        assert link_state(session, street.studio.id, company.id) == "LINKED"
        assert link_state(session, other.id, company.id) == "LINKED", "who asks takes nobody's place"
        payer = payer_at(session, company.id, clock.now())
        assert payer is not None
        assert payer.payer_party_id == other.id


def test_two_people_complete_the_same_invitation_and_one_wins(street: Street) -> None:
    """One order, whoever was quicker; the other is shown it, and pays nothing twice."""
    street.invite()
    first = street.filled()
    second = street.client().send("Riprendi da dove eri")
    second.send("Manda il codice")
    street.run_jobs()
    second.send("Apri la bozza", code=street.code())
    assert second.heading == "Riepilogo"
    second.follow("Vai al pagamento")
    street.order(first, "bank_transfer")
    order = street.newest_order()
    button = next(one for one in second.page.select("button") if "obbligo di pagare" in one.text)
    second.send(button.get_text(" ", strip=True), terms="1", studio="1", tacit_renewal="1", liability_limits="1")
    assert second.url.endswith("/stato")
    assert order.number in second.text
    assert street.newest_order().number == order.number


def test_money_that_arrives_after_everything_has_expired_still_opens_the_company(street: Street) -> None:
    """D11: a transfer that comes weeks late is never lost; the price was locked and stands in the order."""
    invitation = street.invite()
    street.advance(timedelta(days=25))
    street.order(street.filled(), "bank_transfer")
    order = street.newest_order()
    street.advance(timedelta(days=20))
    street.run_jobs()
    assert street.state(invitation) == "EXPIRED"
    street.bank.transfer(order.gross_cents, order.rf_reference)
    assert street.state(invitation) == "PAID"
    street.advance(timedelta(hours=13))
    street.run_jobs()
    assert street.state(invitation) == "CREATED"


def test_money_for_an_order_that_was_replaced_goes_to_a_person(street: Street) -> None:
    """D11: the client cancelled, ordered anew and paid both: one company, and finance looks at the rest."""
    invitation = street.invite()
    browser = street.order(street.filled(), "bank_transfer")
    first = street.newest_order()
    browser.send("Annulla e correggi i dati")
    assert street.state(invitation) == "IN_PROGRESS"
    browser.send("Riprendi da dove eri")
    street.order(browser)
    street.pay_by_card()
    street.bank.transfer(first.gross_cents, first.rf_reference)
    street.run_jobs()
    assert street.state(invitation) == "CREATED"
    assert _tasks(street, "late_money") == 1


def test_paying_by_card_and_by_transfer_creates_one_company_and_asks_finance(street: Street) -> None:
    invitation = street.invite()
    browser = street.order(street.filled())
    street.pay_by_card()
    order = street.newest_order()
    street.bank.transfer(order.gross_cents, order.rf_reference)
    street.run_jobs()
    assert street.state(invitation) == "CREATED"
    assert _tasks(street, "surplus") == 1
    with street.tx() as session:
        assert len(session.scalars(select(Company)).all()) == 1
    assert browser.status == 200


def test_a_company_the_vendor_refuses_waits_for_corrected_data_and_is_not_paid_twice(street: Street) -> None:
    """D10, D11: paid and refused: the client corrects, finance sees the money that waits, one company comes of it."""
    street.vendor.answers.append(Refused("La denominazione non corrisponde."))
    invitation = street.invite()
    browser = street.order(street.filled())
    street.pay_by_card()
    street.run_jobs()
    assert street.state(invitation) == "PAID"
    assert _tasks(street, "company_not_created") == 1
    assert "Controlla i dati della tua azienda" in street.subjects()
    browser.open(f"{street.link(kind='Controlla i dati')}/stato").follow("Controlla i dati")
    browser.follow("Dati fiscali").send("Salva e continua", name="Officina Brambilla Srl")
    fill_in_data(browser, name="Officina Brambilla Srl")
    browser.send("Conferma i dati corretti")
    street.run_jobs()
    assert street.state(invitation) == "CREATED"
    assert _tasks(street, "company_not_created") == 0
    with street.tx() as session:
        states = sorted(session.scalars(select(Company.state)).all())
    assert states == ["READY", "REJECTED"]


def test_a_tax_code_that_was_taken_between_order_and_payment_loses_nothing(street: Street) -> None:
    """M6, D11: the money stays, the client corrects or finance gives it back."""
    invitation = street.invite()
    street.order(street.filled())
    with street.tx() as session:
        other = a_studio(session, name="Studio Rivale")
        a_paid_order(session, other, "LITE-1")
        activate_coupon(session, stock_of(session, other.id, limit=1)[0][0].id, company_data(), owner_of(other))
    street.pay_by_card()
    street.run_jobs()
    assert street.state(invitation) == "PAID"
    assert _tasks(street, "company_not_created") == 1
    with street.tx() as session:
        purchase = purchase_of(session, invitation)
    assert purchase is not None
    assert (purchase.state, purchase.problem) == ("WAITING", "TAKEN")


def _refused_by_the_vendor(street: Street) -> tuple[UUID, Browser]:
    """A client has paid and the vendor refused its company: the purchase waits for corrected data."""
    street.vendor.answers.append(Refused("La denominazione non corrisponde."))
    invitation = street.invite()
    browser = street.order(street.filled())
    street.pay_by_card()
    street.run_jobs()
    return invitation, browser


def _purchase(street: Street, invitation_id: UUID) -> tuple[str, bool]:
    """Where the purchase of an invitation stands, and whether a case holds it."""
    with street.tx() as session:
        purchase = purchase_of(session, invitation_id)
        assert purchase is not None
        return purchase.state, purchase.held_by_case is not None


def _standing(street: Street, company: Company) -> tuple[bool, str]:
    """Whether the company's licence is suspended, and the mode the vendor was told last."""
    street.run_jobs()
    with street.tx() as session:
        ((licence, _term),) = rights_of(session, session.get_one(Company, company.id)).licences
    told = [body for _key, body in street.vendor.changes if body["id"] == str(company.id)]
    return licence.suspended_at is not None, str(told[-1]["access_mode"]) if told else ""


def _contest(street: Street, status: str) -> None:
    with street.app.app_context():
        contest_newest_charge(street.gateway, status)


def test_a_refund_of_a_company_that_waits_ends_it_and_says_so_before(street: Street) -> None:
    """D10: nobody makes a company of money that went back."""
    invitation, browser = _refused_by_the_vendor(street)
    with street.app.app_context():
        request_refund(street.newest_order().id, RefundWish(everything=True), FINANCE, street.gateway)
    assert _purchase(street, invitation) == ("VOIDED", False)
    assert _tasks(street, "company_not_created") == 0
    browser.open(f"{street.link(kind='Controlla i dati')}/stato")
    assert "L’importo è stato restituito." in browser.text
    street.run_jobs()
    assert street.state(invitation) == "PAID"


def test_a_dispute_holds_a_company_that_waits_and_ends_or_frees_it(street: Street) -> None:
    """D10: held while the bank decides; free again when it decides for the shop, over when it does not."""
    invitation, _browser = _refused_by_the_vendor(street)
    told = [("needs_response", True), ("won", False), ("needs_response", True)]
    for status, held in told:
        _contest(street, status)
        assert _purchase(street, invitation) == ("WAITING", held), status
    for _again in range(2):
        _contest(street, "lost")
        assert _purchase(street, invitation) == ("VOIDED", False)


def _under_way_when_lost(street: Street) -> tuple[UUID, Browser]:
    """The vendor has accepted a company and not created it yet when the dispute about its money is lost."""
    street.vendor.answers.append(Accepted("op-1"))
    invitation = street.invite()
    browser = street.order(street.filled())
    street.pay_by_card()
    street.jobs_once()
    _contest(street, "lost")
    assert _purchase(street, invitation) == ("CREATING", True)
    return invitation, browser


def test_a_company_under_way_when_the_dispute_is_lost_is_suspended_when_it_exists(street: Street) -> None:
    """D10: what is asked for goes on, and is looked at again within the hour."""
    invitation, _browser = _under_way_when_lost(street)
    street.run_jobs()
    assert _purchase(street, invitation) == ("DONE", False)
    street.advance(timedelta(hours=2))
    street.run_jobs()
    assert _standing(street, _company(street, invitation)) == (True, "READ_ONLY")


def test_a_company_refused_after_the_dispute_was_lost_is_not_asked_for_again(street: Street) -> None:
    """D10: the client's correction waits, and the purchase ends when it is looked at again."""
    street.vendor.asked.append(Refused("La denominazione non corrisponde."))
    invitation, browser = _under_way_when_lost(street)
    street.jobs_once()
    street.run_jobs()
    assert _purchase(street, invitation) == ("WAITING", True)
    with street.tx() as session, pytest.raises(PurchaseNotWaiting):
        correct_purchase(session, invitations.lock_invitation(session, invitation))
    street.advance(timedelta(hours=2))
    street.run_jobs()
    assert _purchase(street, invitation) == ("VOIDED", False)
    assert "L’importo è stato restituito." in browser.open(browser.url).text


def test_a_lost_dispute_suspends_the_company_it_bought_and_a_won_one_gives_it_back(street: Street) -> None:
    """D10, D17: read-only plus export, never deleted; the vendor's software is told both times."""
    invitation = street.invite()
    street.order(street.filled())
    street.pay_by_card()
    street.run_jobs()
    company = _company(street, invitation)
    _contest(street, "needs_response")
    assert _standing(street, company)[0] is False
    for status, suspended, mode in (("lost", True, "READ_ONLY"), ("won", False, "FULL")):
        _contest(street, status)
        assert _standing(street, company) == (suspended, mode), status
    assert _purchase(street, invitation) == ("DONE", False)


@pytest.mark.parametrize("everything", [True, False])
def test_only_a_decision_about_everything_suspends_a_company_that_was_bought(street: Street, everything: bool) -> None:
    """D10: the same as for a company of a coupon."""
    invitation = street.invite()
    street.order(street.filled())
    street.pay_by_card()
    street.run_jobs()
    order = street.newest_order()
    wish = RefundWish(everything=True) if everything else RefundWish(amount_cents=order.gross_cents)
    with street.app.app_context():
        request_refund(order.id, wish, FINANCE, street.gateway)
    assert _standing(street, _company(street, invitation))[0] is everything


def test_the_company_that_is_accepted_becomes_ready_when_the_vendor_says_so_later(street: Street) -> None:
    street.vendor.answers.append(Accepted("op-1"))
    invitation = street.invite()
    street.order(street.filled())
    street.pay_by_card()
    street.jobs_once()
    assert street.state(invitation) == "PAID"
    street.run_jobs()
    assert street.state(invitation) == "CREATED"


def test_a_payment_that_returns_in_another_browser_finds_its_status_and_tells_no_data(street: Street) -> None:
    """The address Stripe knows carries no link of ours (M11): elsewhere it says only that the money came."""
    street.invite()
    browser = street.order(street.filled())
    street.pay_by_card()
    session_id = street.page_id()
    token = street.link().rsplit("/", 1)[1]
    assert token not in str(street.gateway.objects[session_id])
    elsewhere = Browser(street.app.test_client()).open(f"/invito/esito?sessione={session_id}")
    assert "Pagamento registrato." in elsewhere.text
    assert "Brambilla" not in elsewhere.text
    assert token not in str(elsewhere.page)
    here = browser.open(f"/invito/esito?sessione={session_id}")
    assert here.url == f"/invito/{token}/stato"


def test_names_and_addresses_with_line_breaks_are_refused(street: Street) -> None:
    """No header of a mail is made of what somebody types."""
    street.browser.open("/inviti/nuovo")
    street.browser.send(
        "Spedisci l’invito", client_name="Laura\r\nBcc: x@example.it", client_email="a@b.it\nBcc: x@y.it"
    )
    assert street.browser.status == 422
    assert len(street.browser.summary()) == 2
    assert street.post.messages == []


def test_a_file_is_checked_row_by_row_before_anything_is_sent(street: Street) -> None:
    """F003-14: many at once; one wrong row stops them all, a confirmed file sent twice is sent once."""
    bad = "nome;email;tipo;messaggio\nUno;uno@example.it;LITE;\nDue;non-una-mail;LITE;\nTre;uno@example.it;Boh;\n"
    client = street.browser
    client.open("/inviti/file")
    form = client.form("Controlla il file")
    answer = client.client.post("/inviti/file", data=form | {"text": bad})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for said in ("un solo indirizzo e-mail", "Questa e-mail è ripetuta nel file.", "Scegli il tipo di azienda."):
        assert said in page
    good = "nome;email;tipo;messaggio\nUno;uno@example.it;LITE;Ciao\nDue;due@example.it;Contabilità Ordinaria;\n"
    batch = {"text": good, "intent": "send", "batch": "01890000-0000-7000-8000-000000000001"}
    for _click in range(2):
        client.client.post("/inviti/file", data=form | batch)
    street.run_jobs()
    assert sorted(str(message["To"]) for message in street.post.messages) == ["due@example.it", "uno@example.it"]


def test_somebody_elses_invitation_is_not_there(street: Street) -> None:
    invitation = street.invite()
    with street.tx() as session:
        other = a_user(session, a_studio(session).id)
    browser = browser_of(street.app, other).open(f"/inviti/{invitation}")
    assert browser.status == 404
    assert "Laura" not in browser.open("/inviti").text


def test_a_studio_may_send_only_so_many_a_day(street: Street) -> None:
    """A stolen account is no post office."""
    with street.tx() as session:
        studio = street.studio
        wanted = [_invited(session, number) for number in range(201)]
        with pytest.raises(invitations.TooManyInvitations):
            invitations.send_invitations(session, wanted, owner_of(studio))
    with street.tx() as session:
        assert invitations.send_invitations(session, wanted[:200], owner_of(street.studio)) == 200
        with pytest.raises(invitations.TooManyInvitations):
            invitations.send_invitations(session, wanted[200:], owner_of(street.studio))


def _invited(session: object, number: int) -> invitations.Invited:
    from foundation.ids import new_id  # noqa: PLC0415
    from shop.catalogue import current_price_book  # noqa: PLC0415
    from shop.invitations.locked_offers import invitable, lock_offer  # noqa: PLC0415

    book = current_price_book(session, clock.today())  # type: ignore[arg-type]
    contact = invitations.StudioContact("Giulia", "giulia@example.it", "")
    offer = lock_offer(book, invitable(book)[0].sku)
    return invitations.Invited(new_id(), f"Cliente {number}", f"c{number}@example.it", "", offer, contact)


def test_the_other_company_of_a_client_gets_an_invitation_of_its_own(street: Street) -> None:
    """A second open invitation to one address asks first, and then is one of its own."""
    street.invite()
    street.browser.open("/inviti/nuovo").send("Spedisci l’invito", client_name="Laura", client_email=CLIENT)
    assert street.browser.status == 409
    street.browser.send("Spedisci l’invito", again="1")
    assert street.browser.url == "/inviti"
    street.run_jobs()
    street.order(street.filled(None, **OTHER_COMPANY), "bank_transfer")
    assert street.newest_order().billing["name"] == OTHER_COMPANY["name"]
