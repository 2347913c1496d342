"""The vendor refuses a change, or does not know the company: the support desk sees it and has it told again (M25)."""

import pytest
from sqlalchemy import select, text

from entitlements import MemoryProvisioner, NoAnswer, Refused
from entitlements.provisioning.changes import announce_change
from entitlements.provisioning.provisioner import NotThere
from foundation.events import Event
from tests.browsing import Browser
from tests.entitlements.scenes import browser_of
from tests.factories import a_studio, a_user
from tests.flows.service_shop import BASE, Shop


@pytest.fixture
def vendor(shop: Shop) -> MemoryProvisioner:
    assert isinstance(shop.outside.provisioner, MemoryProvisioner)
    return shop.outside.provisioner


@pytest.fixture
def desk(shop: Shop) -> Browser:
    with shop.tx() as session:
        person = a_user(session, a_studio(session, name="Fornitore", kind="VENDOR").id, role="support")
    return browser_of(shop.client.application, person)


def _page(shop: Shop) -> str:
    return f"/desk/attivazioni/{shop.company_id}"


def _contradictions(shop: Shop) -> int:
    """How often programs of the vendor were told to look."""
    with shop.tx() as session:
        return len(session.scalars(select(Event.id).where(Event.type == "company.contradicted")).all())


def test_a_refused_change_is_shown_at_the_desk_and_told_again_in_a_letter_of_its_own(
    shop: Shop, vendor: MemoryProvisioner, desk: Browser
) -> None:
    vendor.heard = [Refused("piano sconosciuto")]
    shop.buy(shop.line(BASE))
    assert _contradictions(shop) == 1
    assert "Da chiarire 1" in desk.open("/desk/attivazioni?state=CONTRADICTED").text
    desk.follow("Officina Brambilla")
    assert "Il programma non accetta una modifica. Modifica rifiutata (piano sconosciuto)." in desk.text
    desk.send("Comunica di nuovo")
    assert "La modifica viene comunicata subito" in desk.text
    assert "Il programma non accetta una modifica." not in desk.text
    shop.jobs()
    assert len(vendor.changes) == 2
    assert len({key for key, _letter in vendor.changes}) == 2
    assert vendor.changes[0][1] == vendor.changes[1][1]
    log = desk.open(_page(shop)).text
    assert "Risposta alla modifica Rifiutata (piano sconosciuto)" in log
    assert "Nuova comunicazione chiesta" in log
    assert "Chiamata inviata Modifica, tentativo 1" in log
    assert "Comunica di nuovo" not in log, "it was heard"


def test_a_change_about_a_company_the_vendor_does_not_know_is_shown_once_and_tried_on(
    shop: Shop, vendor: MemoryProvisioner, desk: Browser
) -> None:
    """It may be back from a copy of yesterday: nobody has to press anything."""
    vendor.heard = [NotThere()] * 50
    shop.buy(shop.line(BASE))
    shop.jobs()
    assert _contradictions(shop) == 1
    assert "Il programma non conosce l’azienda di una modifica." in desk.open(_page(shop)).text
    desk.send("Segna come risolta")
    shop.jobs()
    assert _contradictions(shop) == 2, "it was not so"
    assert 0 < len(vendor.heard) < 49, "tried on"
    vendor.heard = []
    shop.jobs()
    assert {letter["id"] for _key, letter in vendor.changes} == {str(shop.company_id)}
    desk.open(_page(shop)).send("Segna come risolta")
    assert "Comunica di nuovo" not in desk.text


def test_a_silent_vendor_is_no_contradiction(shop: Shop, vendor: MemoryProvisioner, desk: Browser) -> None:
    vendor.heard = [NoAnswer("HTTP 503")]
    shop.buy(shop.line(BASE))
    assert _contradictions(shop) == 0
    assert "non accetta una modifica" not in desk.open(_page(shop)).text


def test_what_was_heard_meanwhile_is_not_told_again(shop: Shop, vendor: MemoryProvisioner, desk: Browser) -> None:
    vendor.heard = [Refused("no")]
    shop.buy(shop.line(BASE))
    form = desk.open(_page(shop)).form("Comunica di nuovo")
    with shop.tx() as session:
        announce_change(session, shop.company_id)
    shop.jobs()
    desk.client.post(f"{_page(shop)}/comunica", data=form)
    shop.jobs()
    assert len(vendor.changes) == 2
    assert "Il programma l’ha già ascoltata: non c’è nulla da comunicare." in desk.open(_page(shop)).text


def test_an_older_contradiction_stays_until_somebody_has_looked(
    shop: Shop, vendor: MemoryProvisioner, desk: Browser
) -> None:
    """That of the creation weighs more; the change can be told again all the same."""
    with shop.tx() as session:
        session.execute(text("UPDATE provisioning_requests SET contradiction = 'refused after DONE'"))
    vendor.heard = [Refused("no")]
    shop.buy(shop.line(BASE))
    assert "Il programma si contraddice." in desk.open(_page(shop)).text
    desk.send("Comunica di nuovo")
    assert "Il programma si contraddice." in desk.text
