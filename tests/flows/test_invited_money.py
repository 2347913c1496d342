"""The money of an invited client: late, twice, given back, contested (F003-17; D10, D11)."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from entitlements import (
    Accepted,
    Company,
    PurchaseNotWaiting,
    Refused,
    correct_purchase,
    invitations,
    rights_of,
)
from shop import RefundWish
from tests.banking import FINANCE
from tests.browsing import Browser
from tests.flows.inviting import (
    Street,
    company_bought,
    open_tasks,
    purchase_standing,
    refused_by_the_vendor,
    text_of,
)
from tests.refunding import contest_newest_charge, request_refund


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


def test_an_expired_order_leads_an_invited_client_back_to_the_invitation(street: Street) -> None:
    """Whoever was invited has no account, and the catalogue is not for them."""
    street.invite()
    street.order(street.filled(), "bank_transfer")
    street.advance(timedelta(days=11))
    street.run_jobs()
    letter = text_of(street.letters()[-1])
    assert "Riprendi dall’invito" in letter
    assert "/catalogo" not in letter
    browser = street.client(street.link(kind="Ordine scaduto"))
    assert "Riprendi da dove eri" in browser.text


def test_a_refund_leads_an_invited_client_to_their_own_page_of_the_order(street: Street) -> None:
    """Whoever was invited has no account: the studio's page of the order would ask them to sign in."""
    refused_by_the_vendor(street)
    with street.app.app_context():
        request_refund(street.newest_order().id, RefundWish(everything=True), FINANCE, street.gateway)
    street.run_jobs()
    browser = street.client(street.link(kind="Rimborso registrato"))
    assert browser.url.endswith("/stato")
    assert "L’importo è stato restituito." in browser.text
    assert "coupon" not in text_of(street.letters()[-1])


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
    assert open_tasks(street, "late_money") == 1


def test_paying_by_card_and_by_transfer_creates_one_company_and_asks_finance(street: Street) -> None:
    invitation = street.invite()
    browser = street.order(street.filled())
    street.pay_by_card()
    order = street.newest_order()
    street.bank.transfer(order.gross_cents, order.rf_reference)
    street.run_jobs()
    assert street.state(invitation) == "CREATED"
    assert open_tasks(street, "surplus") == 1
    with street.tx() as session:
        assert len(session.scalars(select(Company)).all()) == 1
    assert browser.status == 200


def _standing(street: Street, company: Company) -> tuple[bool, str]:
    """Whether the company's licence is suspended, and the mode the vendor was told last."""
    street.run_jobs()
    with street.tx() as session:
        ((licence, _term),) = rights_of(session, company.id).licences
    told = [body for _key, body in street.vendor.changes if body["id"] == str(company.id)]
    return licence.suspended_at is not None, str(told[-1]["access_mode"]) if told else ""


def _contest(street: Street, status: str) -> None:
    with street.app.app_context():
        contest_newest_charge(street.gateway, status)


def test_a_refund_of_a_company_that_waits_ends_it_and_says_so_before(street: Street) -> None:
    """D10: nobody makes a company of money that went back."""
    invitation, browser = refused_by_the_vendor(street)
    with street.app.app_context():
        request_refund(street.newest_order().id, RefundWish(everything=True), FINANCE, street.gateway)
    assert purchase_standing(street, invitation) == ("VOIDED", False)
    assert open_tasks(street, "company_not_created") == 0
    browser.open(f"{street.link(kind='Controlla i dati')}/stato")
    assert "L’importo è stato restituito." in browser.text
    street.run_jobs()
    assert street.state(invitation) == "PAID"


def test_a_dispute_holds_a_company_that_waits_and_ends_or_frees_it(street: Street) -> None:
    """D10: held while the bank decides; free again when it decides for the shop, over when it does not."""
    invitation, _browser = refused_by_the_vendor(street)
    told = [("needs_response", True), ("won", False), ("needs_response", True)]
    for status, held in told:
        _contest(street, status)
        assert purchase_standing(street, invitation) == ("WAITING", held), status
    for _again in range(2):
        _contest(street, "lost")
        assert purchase_standing(street, invitation) == ("VOIDED", False)


def _under_way_when_lost(street: Street) -> tuple[UUID, Browser]:
    """The vendor has accepted a company and not created it yet when the dispute about its money is lost."""
    street.vendor.answers.append(Accepted("op-1"))
    invitation = street.invite()
    browser = street.order(street.filled())
    street.pay_by_card()
    street.jobs_once()
    _contest(street, "lost")
    assert purchase_standing(street, invitation) == ("CREATING", True)
    return invitation, browser


def test_a_company_under_way_when_the_dispute_is_lost_is_suspended_when_it_exists(street: Street) -> None:
    """D10: what is asked for goes on, and is looked at again within the hour."""
    invitation, _browser = _under_way_when_lost(street)
    street.run_jobs()
    assert purchase_standing(street, invitation) == ("DONE", False)
    street.advance(timedelta(hours=2))
    street.run_jobs()
    assert _standing(street, company_bought(street, invitation)) == (True, "READ_ONLY")


def test_a_company_refused_after_the_dispute_was_lost_is_not_asked_for_again(street: Street) -> None:
    """D10: the client's correction waits, and the purchase ends when it is looked at again."""
    street.vendor.asked.append(Refused("La denominazione non corrisponde."))
    invitation, browser = _under_way_when_lost(street)
    street.jobs_once()
    street.run_jobs()
    assert purchase_standing(street, invitation) == ("WAITING", True)
    with street.tx() as session, pytest.raises(PurchaseNotWaiting):
        correct_purchase(session, invitations.lock_invitation(session, invitation))
    street.advance(timedelta(hours=2))
    street.run_jobs()
    assert purchase_standing(street, invitation) == ("VOIDED", False)
    assert "L’importo è stato restituito." in browser.open(browser.url).text


def test_a_lost_dispute_suspends_the_company_it_bought_and_a_won_one_gives_it_back(street: Street) -> None:
    """D10, D17: read-only plus export, never deleted; the vendor's software is told both times."""
    invitation = street.invite()
    street.order(street.filled())
    street.pay_by_card()
    street.run_jobs()
    company = company_bought(street, invitation)
    _contest(street, "needs_response")
    assert _standing(street, company)[0] is False
    for status, suspended, mode in (("lost", True, "READ_ONLY"), ("won", False, "FULL")):
        _contest(street, status)
        assert _standing(street, company) == (suspended, mode), status
    assert purchase_standing(street, invitation) == ("DONE", False)


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
    assert _standing(street, company_bought(street, invitation))[0] is everything
