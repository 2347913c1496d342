"""Mail that nobody will ever take: the invitation says so, and its studio corrects the address (F003-15, F003-16)."""

from datetime import timedelta

from sqlalchemy import select

from foundation.mail import Mail
from tests.api.caller import caller
from tests.flows.inviting import CLIENT, Street

WRONG = "laura@brambila.example.it"


def _bounced(street: Street) -> list[str]:
    with street.tx() as session:
        return list(session.scalars(select(Mail.recipient).where(Mail.bounced_at.is_not(None))))


def test_a_bounced_invitation_is_corrected_and_sent_again(street: Street) -> None:
    street.post.nobody.add(WRONG)
    invitation = street.invite(email=WRONG)
    assert street.state(invitation) == "BOUNCED"
    assert street.studio.email is not None
    assert "L’invito per Laura Brambilla non è arrivato" in street.subjects(street.studio.email)
    page = street.browser.open("/inviti").follow("Laura Brambilla")
    assert "E-mail respinta" in page.text
    assert "L’indirizzo del cliente non riceve posta" in page.text
    page.send("Spedisci di nuovo", client_email="laura@")
    assert (page.status, page.value("client_email")) == (422, "laura@")
    page.send("Spedisci di nuovo", client_email=CLIENT)
    street.run_jobs()
    assert street.state(invitation) == "SENT"
    assert street.client().heading.startswith("Studio Ferraris & Conti ti invita")
    assert _bounced(street) == [WRONG], "the corrected address was written to, and the wrong one once only"


def test_a_client_who_came_before_the_reminder_bounced_goes_on(street: Street) -> None:
    invitation = street.invite()
    street.client().send("Continua con i dati dell’azienda")
    street.post.nobody.add(CLIENT)
    street.advance(timedelta(days=8))
    street.run_jobs()
    assert _bounced(street) == [CLIENT]
    assert street.state(invitation) == "OPENED"


def test_whoever_opens_an_invitation_that_bounced_may_go_on_until_it_expires(street: Street) -> None:
    invitation = street.invite()
    link = street.link()
    street.post.nobody.add(CLIENT)
    street.advance(timedelta(days=8))
    street.run_jobs()
    assert street.state(invitation) == "BOUNCED", "the reminder of an invitation that nobody had opened"
    street.client(link).send("Continua con i dati dell’azienda")
    assert street.state(invitation) == "OPENED"
    street.advance(timedelta(days=30))
    street.run_jobs()
    assert street.state(invitation) == "EXPIRED"


def test_an_address_that_is_reached_is_not_exchanged_for_another(street: Street) -> None:
    invitation = street.invite()
    program = caller(street.app.test_client(), "studio", street.studio.id)
    refused = program.post(f"/invitations/{invitation}/resend", {"client_email": "altra@example.it"})
    assert (refused.status_code, refused.get_json()["type"].endswith("address-is-reached")) == (409, True)
    street.post.nobody.add(CLIENT)
    assert program.post(f"/invitations/{invitation}/resend").status_code == 200
    street.run_jobs()
    assert street.state(invitation) == "BOUNCED"
    wrong = program.post(f"/invitations/{invitation}/resend", {"client_email": "due@example.it, tre@example.it"})
    assert wrong.status_code == 422
    again = program.post(f"/invitations/{invitation}/resend", {"client_email": "altra@example.it"}).get_json()
    assert (again["state"], again["client_email"]) == ("SENT", "altra@example.it")
