"""The deferred-purchase invitation as the sources tell it (S003, F003-14 to F003-17, F003-21; D6, D11, D14, D23)."""

from datetime import timedelta

from sqlalchemy import select

from entitlements import (
    StudioLink,
    invitations,
    payer_at,
)
from foundation import clock, formats
from foundation.formats import day
from tests.browsing import Browser
from tests.flows.inviting import (
    Street,
    company_bought,
    text_of,
)
from tests.stories import COMPANY_FORM


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
    company = company_bought(street, invitation)
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


def test_page_mail_and_studio_say_the_same_last_instant_of_the_invitation(street: Street) -> None:
    invitation = street.invite()
    with street.tx() as session:
        until = formats.instant(session.get_one(invitations.Invitation, invitation).expires_at)
    assert f"Prezzo bloccato fino al: {until}" in text_of(street.letters()[0])
    assert f"Valido fino al {until}" in street.client().text
    assert until in street.browser.open("/inviti").text


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
    with street.tx() as session:
        ended = session.get_one(invitations.Invitation, invitation).expires_at
    assert f"L’invito è scaduto il {day(clock.rome_day(ended))}" in browser.text
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
