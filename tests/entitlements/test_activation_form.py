"""The pages of the activation form, one thing at a time, without scripts (F003-12)."""

import json
from uuid import UUID

import pytest
from flask import Flask

from entitlements import Refused
from entitlements.drafts import draft_of
from entitlements.provisioning.answers import apply_answer
from tests.browsing import Browser
from tests.conftest import Transact
from tests.entitlements.scenes import OTHER_COMPANY, Scene, a_scene, an_activation, browser_of, fill_in
from tests.stories import COMPANY_FORM


@pytest.fixture
def scene(tx: Transact) -> Scene:
    with tx() as session:
        return a_scene(session, "LITE-1", 2)


@pytest.fixture
def browser(app: Flask, scene: Scene) -> Browser:
    return browser_of(app, scene.owner)


def at(browser: Browser, scene: Scene, slug: str) -> Browser:
    """A step of the first coupon's form."""
    return browser.open(f"/coupon/{scene.coupons[0]}/attiva/{slug}")


def test_a_comune_fills_cap_and_province(browser: Browser, scene: Scene) -> None:
    at(browser, scene, "sede").send("Salva e continua", street="Via Roma 1", city="moncalieri")
    assert browser.heading == "Legale rappresentante"
    at(browser, scene, "sede")
    assert (browser.value("city"), browser.value("postal_code"), browser.value("province")) == (
        "Moncalieri",
        "10024",
        "TO",
    )


def test_another_comune_takes_its_own_province_along(browser: Browser, scene: Scene) -> None:
    at(browser, scene, "sede").send("Continua più tardi", street="Via Roma 1", city="Moncalieri")
    at(browser, scene, "sede").send("Salva e continua", city="Milano")
    assert browser.value("province") == "MI"
    assert browser.error("postal_code") == "Scrivi il CAP."
    assert len(browser.page.select("#postal-codes option")) > 20


def test_the_search_button_finds_comuni_and_the_chosen_one_is_taken(browser: Browser, scene: Scene) -> None:
    at(browser, scene, "sede").send("Cerca comune", street="Via Roma 1", city="Monca")
    assert "Moncalieri (TO) 10024" in browser.text
    browser.send("Salva e continua", place_choice="Moncalieri|TO")
    assert browser.heading == "Legale rappresentante"
    at(browser, scene, "sede").send("Cerca comune", city="Xyzzy")
    assert "Nessun comune con questo nome" in browser.text


def test_activities_are_found_by_words_and_the_chosen_one_is_taken(browser: Browser, scene: Scene) -> None:
    at(browser, scene, "attivita").send("Cerca", ateco_code="programmazione informatica")
    assert "62.10.00 Attività di programmazione informatica" in browser.text
    typed = {"accounting_regime": "SIMPLIFIED", "email": "a@b.it", "sdi_code": "M5UXCR1"}
    browser.send("Salva e continua", activity_choice="62.10.00|2025", **typed)
    assert browser.heading == "Riepilogo"
    at(browser, scene, "attivita")
    assert browser.value("ateco_code") == "62.10.00"
    assert "62.10.00 Attività di programmazione informatica" in browser.text


def test_words_instead_of_a_code_show_what_they_find(browser: Browser, scene: Scene) -> None:
    at(browser, scene, "attivita").send("Salva e continua", ateco_code="idraulico")
    assert browser.status == 422
    assert "Installazione di" in browser.text
    browser.send("Cerca", ateco_code="xyzzy")
    assert "Nessuna attività con queste parole" in browser.text


def test_a_text_changed_after_a_search_wins_over_the_old_choice(browser: Browser, scene: Scene) -> None:
    at(browser, scene, "attivita").send("Cerca", ateco_code="programmazione informatica")
    typed = {"accounting_regime": "SIMPLIFIED", "email": "a@b.it", "sdi_code": "M5UXCR1"}
    browser.send("Salva e continua", ateco_code="43.22.05", activity_choice="62.10.00|2025", **typed)
    at(browser, scene, "attivita")
    assert browser.value("ateco_code") == "43.22.05"


def test_an_older_edition_is_found_and_said(browser: Browser, scene: Scene) -> None:
    typed = {"accounting_regime": "SIMPLIFIED", "email": "a@b.it", "sdi_code": "M5UXCR1"}
    at(browser, scene, "attivita").send("Salva e continua", ateco_code="620100", ateco_edition="2022", **typed)
    assert any("ATECO 2022" in note and "62.10.00" in note for note in browser.notes())


def test_leaving_a_field_checks_only_that_field_and_keeps_everything(
    browser: Browser, scene: Scene, tx: Transact
) -> None:
    form = at(browser, scene, "dati-fiscali").form("Salva e continua")
    typed = form | {"vat_number": "06363391011", "name": "Officina", "intent": "check", "checked": "vat_number"}
    answer = browser.client.post(browser.url, data=typed)
    assert answer.status_code == 200
    assert "La Partita IVA non torna" in answer.text
    assert "Scrivi il codice fiscale" not in answer.text
    with tx() as session:
        draft = draft_of(session, scene.coupons[0])
        assert draft is not None
        assert (draft.fields["vat_number"], draft.fields["name"], draft.step) == (
            "06363391011",
            "Officina",
            "tax_data",
        )
    empty = browser.client.post(browser.url, data=form | {"intent": "check", "checked": "vat_number"})
    assert "Scrivi la Partita IVA" not in empty.text


def test_a_question_overtaken_by_the_whole_page_empties_nothing(browser: Browser, scene: Scene, tx: Transact) -> None:
    """Somebody types fast: the answer to leaving the comune is worked out after the page itself was sent."""
    form = at(browser, scene, "sede").form("Salva e continua")
    typed = form | {"street": "Via Garibaldi 1", "city": "Milano"}
    url = browser.url
    whole = typed | {"postal_code": "20121", "province": "MI"}
    assert browser.client.post(url, data=whole).status_code == 303
    assert browser.client.post(url, data=typed | {"intent": "check", "checked": "city"}).status_code == 200
    with tx() as session:
        draft = draft_of(session, scene.coupons[0])
        assert draft is not None
        assert (draft.fields["postal_code"], draft.fields["province"]) == ("20121", "MI")
        assert draft.step == "legal_representative"


def test_a_field_emptied_and_left_is_kept_empty(browser: Browser, scene: Scene, tx: Transact) -> None:
    form = at(browser, scene, "sede").form("Salva e continua")
    typed = form | {"street": "Via Garibaldi 1", "city": "Milano", "postal_code": "20121", "province": "MI"}
    browser.client.post(browser.url, data=typed)
    browser.client.post(browser.url, data=typed | {"postal_code": "", "intent": "check", "checked": "postal_code"})
    with tx() as session:
        draft = draft_of(session, scene.coupons[0])
        assert draft is not None
        assert draft.fields["postal_code"] == ""


def test_every_field_asks_its_own_step_on_leaving_it(browser: Browser, scene: Scene) -> None:
    at(browser, scene, "dati-fiscali")
    for name in ("vat_number", "tax_code", "name", "legal_form", "tax_regime"):
        control = browser.page.select_one(f"#{name}")
        assert control is not None
        assert control["hx-post"] == browser.url
        assert json.loads(str(control["hx-vals"])) == {"intent": "check", "checked": name}


def test_correcting_an_early_page_loses_nobody_their_place(browser: Browser, scene: Scene, tx: Transact) -> None:
    fill_in(browser, scene.coupons[0], legal_form="PROFESSIONAL_ASSOCIATION", accounting_regime="SIMPLIFIED")
    at(browser, scene, "dati-fiscali").send("Salva e continua", name="Altro nome")
    with tx() as session:
        draft = draft_of(session, scene.coupons[0])
        assert draft is not None
        assert draft.step == "summary"
    assert browser.open(f"/coupon/{scene.coupons[0]}/attiva").heading == "Riepilogo"


def test_a_summary_with_gaps_leads_to_each_of_them(browser: Browser, scene: Scene) -> None:
    at(browser, scene, "riepilogo")
    assert "Mancano" in browser.text
    links = [str(link["href"]) for link in browser.page.select(".g-errs a")]
    assert f"/coupon/{scene.coupons[0]}/attiva/sede#street" in links
    assert browser.page.select_one("#confirmation") is None
    browser.follow("Completa i dati")
    assert browser.heading == "Dati fiscali"


def test_a_confirmation_of_a_form_with_gaps_is_refused(browser: Browser, scene: Scene) -> None:
    fill_in(browser, scene.coupons[0])
    form = browser.form("Attiva Officina Brambilla S.r.l.") | {"confirmation": "ATTIVA"}
    url = browser.url
    at(browser, scene, "sede").send("Continua più tardi", street="")
    answer = browser.client.post(url, data=form)
    assert answer.status_code == 422
    assert "Mancano alcuni dati" in answer.text


def test_the_own_company_that_lives_already_is_said_at_once(browser: Browser, scene: Scene, tx: Transact) -> None:
    with tx() as session:
        company_id = an_activation(session, scene, 1, **OTHER_COMPANY)
    at(browser, scene, "dati-fiscali").send("Salva e continua", vat_number=OTHER_COMPANY["vat_number"])
    assert "Questa azienda è già tra le tue." in browser.text
    assert browser.page.select_one(f"main a[href='/aziende/{company_id}']") is not None
    assert browser.value("name") == ""


def test_a_draft_of_another_coupon_fills_the_form(browser: Browser, scene: Scene) -> None:
    typed = {name: COMPANY_FORM[name] for name in ("vat_number", "tax_code", "name")}
    browser.open(f"/coupon/{scene.coupons[1]}/attiva").send("Continua più tardi", **typed)
    at(browser, scene, "dati-fiscali").send("Salva e continua", vat_number=COMPANY_FORM["vat_number"])
    assert browser.value("name") == COMPANY_FORM["name"]


def test_the_owner_of_a_business_is_not_asked_for_the_tax_code_twice(browser: Browser, scene: Scene) -> None:
    typed = {"vat_number": "06363391001", "tax_code": "RSSMRA80A01H501U", "name": "Rossi Mario"}
    at(browser, scene, "dati-fiscali").send("Salva e continua", **typed, legal_form="SOLE_TRADER", tax_regime="RF19")
    at(browser, scene, "rappresentante")
    assert browser.value("representative_tax_code") == "RSSMRA80A01H501U"


def test_a_step_that_does_not_exist_is_not_there(browser: Browser, scene: Scene) -> None:
    assert at(browser, scene, "altro").status == 404


def test_hostile_texts_are_kept_and_shown_as_texts(browser: Browser, scene: Scene) -> None:
    at(browser, scene, "dati-fiscali").send(
        "Continua più tardi", name="<script>alert(1)</script>", vat_number="\x00\u202e9"
    )
    at(browser, scene, "dati-fiscali")
    assert browser.value("name") == "<script>alert(1)</script>"
    assert browser.page.find("script", string="alert(1)") is None


def test_a_refused_company_leaves_its_draft(browser: Browser, scene: Scene, tx: Transact) -> None:
    fill_in(browser, scene.coupons[0]).send("Attiva Officina Brambilla S.r.l.", confirmation="ATTIVA")
    with tx() as session:
        apply_answer(session, UUID(browser.url.rsplit("/", 1)[1]), Refused("no"), "call")
    assert browser.open(f"/coupon/{scene.coupons[0]}/attiva").heading == "Riepilogo"
    assert "Officina Brambilla S.r.l." in browser.text


def test_suggestions_while_typing_are_parts_of_a_page(browser: Browser) -> None:
    places = browser.client.get("/attiva/comuni?city=monca").text
    assert '<option value="Moncalieri">' in places
    activities = browser.client.get("/attiva/ateco?ateco_code=6210&ateco_edition=2025").text
    assert 'value="62.10.00|2025"' in activities
    assert browser.client.get("/attiva/ateco?ateco_code=&ateco_edition=1").text.strip() == ""
