"""Activating a coupon, told through the pages as a studio and the support desk use them (F003-11 to F003-13, D19)."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask import Flask

from app import Outside
from entitlements import Accepted, MemoryProvisioner, NoAnswer, Refused, company_of, count_by_state, payer_at
from foundation import clock
from foundation.jobs import drain
from foundation.mail import MemoryMailer
from tests.browsing import Browser
from tests.conftest import Transact
from tests.entitlements.scenes import OTHER_COMPANY, Scene, a_letter, a_scene, browser_of, fill_in
from tests.factories import a_studio, a_user
from tests.stories import COMPANY_FORM

REASON = "La ragione sociale non corrisponde alla Partita IVA."


@dataclass
class Story:
    """A studio with coupons, its owner's browser, the vendor's program and the post."""

    app: Flask
    tx: Transact
    scene: Scene
    browser: Browser
    vendor: MemoryProvisioner
    post: MemoryMailer
    run_jobs: Callable[[], int]

    def states(self) -> dict[str, int]:
        """How many coupons are in each state."""
        with self.tx() as session:
            return count_by_state(session, self.scene.studio.id)

    def confirm(self, **changes: str) -> UUID:
        """Fill in the form for the first coupon and confirm; answers the company's id."""
        name = (COMPANY_FORM | changes)["name"]
        fill_in(self.browser, self.scene.coupons[0], **changes).send(f"Attiva {name}", confirmation="ATTIVA")
        assert self.browser.url.startswith("/aziende/"), self.browser.summary()
        return UUID(self.browser.url.rsplit("/", 1)[1])

    def run_jobs_once(self) -> None:
        """Do what is ready now; what waits for its back-off keeps waiting."""
        with self.app.app_context():
            drain()

    def desk(self) -> Browser:
        """The browser of a person of the vendor's support."""
        with self.tx() as session:
            vendor = a_studio(session, name="Fornitore", kind="VENDOR")
            person = a_user(session, vendor.id, role="support")
        return browser_of(self.app, person)


@pytest.fixture
def story(app: Flask, tx: Transact, run_jobs: Callable[[], int], outside: Outside) -> Story:
    with tx() as session:
        scene = a_scene(session, "LITE-1", 3)
    vendor, post = outside.provisioner, outside.mailer
    assert isinstance(vendor, MemoryProvisioner)
    assert isinstance(post, MemoryMailer)
    return Story(app, tx, scene, browser_of(app, scene.owner), vendor, post, run_jobs)


def test_a_coupon_bought_becomes_a_company_linked_and_paid_by_the_studio(story: Story) -> None:
    """F003-11 to F003-13, F003-10, D19: buying is not activating; the form, the confirmation, then the company."""
    browser = story.browser.open("/coupon")
    assert "Disponibili 3" in browser.text
    browser.follow("Attiva LTE-")
    assert browser.heading == "Dati fiscali"
    fill_in(browser, story.scene.coupons[0])
    assert browser.heading == "Riepilogo"
    for shown in ("Officina Brambilla S.r.l.", "06363391001", "Via Garibaldi 4, 20121 Milano (MI)", "Mario Rossi"):
        assert shown in browser.text
    assert f"A carico dello studio {story.scene.studio.name} paga questa azienda" in browser.text
    assert "non si può annullare né spostare" in browser.text
    browser.send("Attiva Officina Brambilla S.r.l.", confirmation="attiva")
    assert "Stiamo creando l’azienda" in browser.text
    assert story.states() == {"AVAILABLE": 2, "ACTIVATING": 1}
    story.run_jobs()
    browser.open(browser.url)
    assert "L’azienda è pronta e collegata al tuo studio." in browser.text
    assert story.states() == {"AVAILABLE": 2, "ACTIVE": 1}
    company_id = UUID(browser.url.rsplit("/", 1)[1])
    with story.tx() as session:
        company, _party = company_of(session, company_id, story.scene.studio.id)
        payer = payer_at(session, company_id, clock.now())
    assert company.state == "READY"
    assert payer is not None
    assert (payer.payer, payer.payer_party_id) == ("STUDIO", story.scene.studio.id)
    mail = story.post.messages[-1]
    assert mail["Subject"] == "Officina Brambilla S.r.l. è attiva"
    assert mail["To"] == story.scene.studio.email


def test_mistakes_are_told_beside_the_field_and_above_and_nothing_typed_is_lost(story: Story) -> None:
    """F003-12: each identifier has its own sentence; what was typed stays, also when it is wrong."""
    browser = story.browser.open(f"/coupon/{story.scene.coupons[0]}/attiva")
    typed = {"vat_number": "06363391011", "tax_code": "06363391001", "name": "Officina", "tax_regime": "RF01"}
    browser.send("Salva e continua", **typed)
    assert browser.status == 422
    assert browser.title.startswith("Errore:")
    sentence = "La Partita IVA non torna: una cifra è sbagliata. Confrontala con la visura."
    assert browser.error("vat_number") == sentence
    assert browser.error("legal_form") == "Scegli la forma giuridica."
    assert browser.summary() == [sentence, "Scegli la forma giuridica."]
    assert browser.value("vat_number") == "06363391011"
    browser.open("/coupon")
    assert "Officina · bozza" in browser.text
    browser.follow("Riprendi")
    assert browser.value("vat_number") == "06363391011"
    assert browser.value("name") == "Officina"


def test_a_form_left_half_way_goes_on_at_another_device(story: Story) -> None:
    """F003-12: saved at each step, resumable; nothing is asked twice."""
    coupon = story.scene.coupons[0]
    browser = story.browser.open(f"/coupon/{coupon}/attiva")
    browser.send("Salva e continua", **{name: COMPANY_FORM[name] for name in ("vat_number", "tax_code", "name")})
    browser.send("Salva e continua", legal_form="PROFESSIONAL_ASSOCIATION", tax_regime="RF01")
    assert browser.heading == "Sede legale"
    browser.send("Continua più tardi", street="Via Garibaldi 4")
    assert browser.url == "/coupon"
    assert "la riprendi da qui quando vuoi" in browser.text
    elsewhere = browser_of(story.app, story.scene.owner).open("/coupon").follow("Riprendi")
    assert elsewhere.heading == "Sede legale"
    assert elsewhere.value("street") == "Via Garibaldi 4"
    elsewhere.follow("Dati fiscali")
    assert elsewhere.value("name") == COMPANY_FORM["name"]


def test_a_doubt_is_shown_once_and_never_stands_in_the_way(story: Story) -> None:
    """Domain, accounting regime: LITE for an S.r.l. earns a warning, since ordinary accounting is compulsory there."""
    browser = story.browser.open(f"/coupon/{story.scene.coupons[0]}/attiva")
    browser.send("Salva e continua", **{name: COMPANY_FORM[name] for name in ("vat_number", "tax_code", "name")})
    browser.send("Salva e continua", legal_form="LIMITED_COMPANY", tax_regime="RF01")
    assert browser.heading == "Dati fiscali"
    assert browser.summary() == []
    assert any("Per S.r.l. è obbligatoria l’ordinaria" in note for note in browser.notes())
    browser.send("Salva e continua")
    assert browser.heading == "Sede legale"


def test_confirming_twice_creates_one_company(story: Story) -> None:
    """A double click, or the form sent again from the history, leads to the company that was created."""
    fill_in(story.browser, story.scene.coupons[0])
    form = story.browser.form("Attiva Officina Brambilla S.r.l.") | {"confirmation": "ATTIVA"}
    url = story.browser.url
    answers = [story.browser.client.post(url, data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    story.run_jobs()
    assert len(story.vendor.created) == 1
    assert story.states() == {"AVAILABLE": 2, "ACTIVE": 1}


def test_a_confirmation_counts_only_for_what_was_shown(story: Story) -> None:
    """What cannot be undone is typed, and typed under the data it is about."""
    fill_in(story.browser, story.scene.coupons[0])
    story.browser.send("Attiva Officina Brambilla S.r.l.", confirmation="sì")
    assert story.browser.error("confirmation") == "Per attivare scrivi ATTIVA."
    elsewhere = browser_of(story.app, story.scene.owner)
    elsewhere.open(f"/coupon/{story.scene.coupons[0]}/attiva/dati-fiscali").send(
        "Salva e continua", name="Altra S.r.l."
    )
    story.browser.send("Attiva Officina Brambilla S.r.l.", confirmation="ATTIVA")
    assert "I dati sono cambiati" in story.browser.summary()[0]
    assert story.states() == {"AVAILABLE": 3}


def test_the_company_that_is_accepted_becomes_ready_when_the_vendor_says_so_later(story: Story) -> None:
    """F003-13: ready "within a few minutes", told by a signed letter; the letter twice changes nothing."""
    story.vendor.answers = [Accepted("op_1")]
    story.vendor.asked = [Accepted("op_1")] * 9
    company_id = story.confirm()
    story.run_jobs_once()
    assert "Stiamo creando l’azienda" in story.browser.open(story.browser.url).text
    data = {"id": str(company_id), "remote_id": "KC-000001", "reason": None}
    assert a_letter(story.app, "company.ready", data, "msg_1").status_code == 204
    assert a_letter(story.app, "company.ready", data, "msg_1").status_code == 204
    story.run_jobs()
    assert "L’azienda è pronta" in story.browser.open(story.browser.url).text
    assert story.states() == {"AVAILABLE": 2, "ACTIVE": 1}
    with story.tx() as session:
        assert company_of(session, company_id, story.scene.studio.id)[0].remote_id == "KC-000001"


def test_a_refused_company_gives_the_coupon_back_and_is_corrected_from_what_was_typed(story: Story) -> None:
    """M9, R-interface: a failure shows a support code, the reason, and the way to try again."""
    story.vendor.answers = [Refused(REASON)]
    company_id = story.confirm()
    story.run_jobs()
    browser = story.browser.open(story.browser.url)
    with story.tx() as session:
        code = company_of(session, company_id, story.scene.studio.id)[0].support_code
    assert f"Attivazione non riuscita. {REASON} Il coupon è ancora tuo." in browser.text
    assert f"indica il codice {code}" in browser.text
    mail = story.post.messages[-1]
    assert code in mail["Subject"]
    assert story.states() == {"AVAILABLE": 3}
    assert code in browser_of(story.app, story.scene.owner).open("/supporto").text
    browser.follow("Correggi e riprova")
    assert browser.heading == "Riepilogo"
    browser.send("Attiva Officina Brambilla S.r.l.", confirmation="ATTIVA")
    assert browser.url != f"/aziende/{company_id}"
    story.run_jobs()
    assert "L’azienda è pronta" in browser.open(browser.url).text
    assert story.states() == {"AVAILABLE": 2, "ACTIVE": 1}


def test_a_silent_vendor_is_asked_again_with_the_same_key_until_it_answers(story: Story) -> None:
    """R12: nothing is created twice, the studio sees that we go on trying, the coupon stays reserved."""
    story.vendor.answers = [NoAnswer("Timeout"), NoAnswer("HTTP 500")]
    story.confirm()
    story.run_jobs_once()
    assert "riproviamo da soli" in story.browser.open(story.browser.url).text
    assert story.states() == {"AVAILABLE": 2, "ACTIVATING": 1}
    story.run_jobs()  # the second silence
    story.run_jobs()
    assert "L’azienda è pronta" in story.browser.open(story.browser.url).text
    assert len(story.vendor.calls) == 3
    assert len(set(story.vendor.calls)) == 1
    assert len(story.vendor.created) == 1


def test_support_gives_up_a_company_the_vendor_does_not_know(story: Story) -> None:
    """M9: only after asking the vendor; the coupon comes back and the studio is told."""
    story.vendor.answers = [NoAnswer("Timeout")]
    company_id = story.confirm()
    story.run_jobs_once()
    desk = story.desk().open("/desk/attivazioni?state=UNKNOWN")
    desk.follow("Officina Brambilla S.r.l.").follow("Rinuncia")
    assert "Chiediamo al programma se l’azienda esiste." in desk.text
    desk.send("Rinuncia a Officina Brambilla S.r.l.", confirmation="no")
    assert desk.error("confirmation") == "Per rinunciare scrivi RINUNCIA."
    desk.send("Rinuncia a Officina Brambilla S.r.l.", confirmation="rinuncia")
    assert "Il coupon è tornato disponibile" in desk.text
    assert "Chiusa dall’assistenza" in desk.text
    assert story.states() == {"AVAILABLE": 3}
    story.run_jobs()
    assert len(story.vendor.calls) == 1
    assert "L’assistenza ha chiuso la richiesta." in story.browser.open(f"/aziende/{company_id}").text


def test_a_company_of_somebody_else_cannot_be_activated_again_and_stays_theirs_untold(story: Story) -> None:
    """M6: one live company per tax code; whose it is stays untold, the coupon stays."""
    with story.tx() as session:
        other = a_scene(session, "LITE-1", 1, name="Studio Riservato")
    browser = browser_of(story.app, other.owner)
    fill_in(browser, other.coupons[0], **OTHER_COMPANY).send("Attiva Panificio Gallo S.r.l.", confirmation="ATTIVA")
    story.run_jobs()
    fill_in(story.browser, story.scene.coupons[0], **OTHER_COMPANY)
    story.browser.send("Attiva Panificio Gallo S.r.l.", confirmation="ATTIVA")
    assert story.browser.status == 409
    assert story.browser.summary() == [
        "Un’azienda con questo codice fiscale è già attiva: non si può attivare di nuovo. Il coupon è ancora tuo."
    ]
    assert "Riservato" not in story.browser.text
    assert story.states() == {"AVAILABLE": 3}


def test_a_known_vat_number_fills_the_form_with_what_the_studio_had_typed(story: Story) -> None:
    """WCAG 3.3.7: at least six fields are filled; only from the studio's own companies and drafts."""
    story.vendor.answers = [Refused(REASON)]
    story.confirm(**OTHER_COMPANY)
    story.run_jobs()
    browser = story.browser.open(f"/coupon/{story.scene.coupons[1]}/attiva")
    browser.send("Salva e continua", vat_number=OTHER_COMPANY["vat_number"])
    assert "Conosciamo già questa azienda." in browser.text
    assert browser.value("name") == OTHER_COMPANY["name"]
    browser.send("Salva e continua")
    filled = [name for name in ("street", "city", "postal_code", "province") if browser.value(name)]
    assert len(filled) == 4
    browser.open(f"/coupon/{story.scene.coupons[1]}/attiva/riepilogo")
    assert "Manca" not in browser.text
    with story.tx() as session:
        stranger = a_scene(session, "LITE-1", 1)
    elsewhere = browser_of(story.app, stranger.owner).open(f"/coupon/{stranger.coupons[0]}/attiva")
    elsewhere.send("Salva e continua", vat_number=OTHER_COMPANY["vat_number"])
    assert elsewhere.value("name") == ""
