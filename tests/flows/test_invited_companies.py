"""The company an invited client buys: active already, refused, taken, created later (F003-17; D11, D22, M6)."""

from sqlalchemy import select

from entitlements import (
    Accepted,
    Company,
    Refused,
    activate_coupon,
    payer_at,
    purchase_of,
    stock_of,
)
from entitlements.connections.link_requests import LinkRequest
from entitlements.connections.linking import link_state
from foundation import clock
from pricing import add_months
from tests.entitlements.scenes import PAGES, browser_of
from tests.factories import a_studio, a_user
from tests.flows.inviting import Street, fill_in_data, open_tasks
from tests.running import BASE, bought
from tests.stories import COMPANY_FORM, a_paid_order, company_data, owner_of


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


def test_a_company_the_vendor_refuses_waits_for_corrected_data_and_is_not_paid_twice(street: Street) -> None:
    """D10, D11: paid and refused: the client corrects, finance sees the money that waits, one company comes of it."""
    street.vendor.answers.append(Refused("La denominazione non corrisponde."))
    invitation = street.invite()
    browser = street.order(street.filled())
    street.pay_by_card()
    street.run_jobs()
    assert street.state(invitation) == "PAID"
    assert open_tasks(street, "company_not_created") == 1
    assert "Controlla i dati della tua azienda" in street.subjects()
    browser.open(f"{street.link(kind='Controlla i dati')}/stato").follow("Controlla i dati")
    browser.follow("Dati fiscali").send("Salva e continua", name="Officina Brambilla Srl")
    fill_in_data(browser, name="Officina Brambilla Srl")
    browser.send("Conferma i dati corretti")
    street.run_jobs()
    assert street.state(invitation) == "CREATED"
    assert open_tasks(street, "company_not_created") == 0
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
    assert open_tasks(street, "company_not_created") == 1
    with street.tx() as session:
        purchase = purchase_of(session, invitation)
    assert purchase is not None
    assert (purchase.state, purchase.problem) == ("WAITING", "TAKEN")


def test_the_company_that_is_accepted_becomes_ready_when_the_vendor_says_so_later(street: Street) -> None:
    street.vendor.answers.append(Accepted("op-1"))
    invitation = street.invite()
    street.order(street.filled())
    street.pay_by_card()
    street.jobs_once()
    assert street.state(invitation) == "PAID"
    street.run_jobs()
    assert street.state(invitation) == "CREATED"


def test_what_was_bought_for_a_company_that_is_still_created_is_told_when_it_exists(street: Street) -> None:
    """M25: as for a company of a coupon; the letter waited, and its job had ended."""
    street.vendor.answers.append(Accepted("op-1"))
    street.invite()
    street.order(street.filled())
    street.pay_by_card()
    street.jobs_once()
    with street.tx() as session:
        company = session.scalars(select(Company)).one()
        assert company.state == "PROVISIONING"
        bought(session, company, BASE, clock.today(), add_months(clock.today(), 12))
    street.jobs_once()
    assert street.vendor.changes == []
    street.run_jobs()
    assert [one["product"] for _key, body in street.vendor.changes for one in body["services"]] == ["EINVOICING"]
