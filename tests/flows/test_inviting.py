"""The studio invites: one by one, from a file, so many a day, one address for several companies (F003-14, F003-15)."""

import pytest

from entitlements import (
    invitations,
)
from foundation import clock
from shop import User
from tests.entitlements.scenes import OTHER_COMPANY, browser_of
from tests.factories import a_studio, a_user
from tests.flows.inviting import CLIENT, Street
from tests.stories import owner_of


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


def test_nobody_writes_to_clients_before_the_address_is_proven_and_what_was_typed_stays(street: Street) -> None:
    with street.tx() as session:
        session.get_one(User, street.owner.id).email_confirmed_at = None
    street.browser.open("/inviti/nuovo")
    street.browser.send("Spedisci l’invito", client_name="Laura Verdi", client_email="laura@example.it")
    assert street.browser.status == 409
    assert "Conferma prima il tuo indirizzo" in street.browser.text
    typed = street.browser.page.select_one("[name=client_email]")
    assert typed is not None
    assert typed["value"] == "laura@example.it"
    many = {"text": "nome;email;tipo;messaggio\nUno;uno@example.it;LITE;\n", "intent": "send"}
    street.browser.open("/inviti/file")
    answer = street.browser.client.post("/inviti/file", data=street.browser.form("Controlla il file") | many)
    assert answer.status_code == 409
    street.run_jobs()
    assert street.post.messages == []
