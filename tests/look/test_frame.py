"""The frame of every page: where one is, what one may do, who sells."""

import pytest
from bs4 import BeautifulSoup
from flask import flash, render_template

from tests.look.bare import FRAME, LINKS, bare_app, gallery, rendered

PAGE = "look/live.html"


def _page(**context: object) -> BeautifulSoup:
    return BeautifulSoup(rendered(PAGE, asked=1, done=True, **context), "html.parser")


def test_a_page_renders_without_any_context() -> None:
    page = _page()
    assert page.select_one("main#contenuto h1") is not None
    assert page.select_one(".g-nav, .g-sim, .g-count, .g-who") is None


def test_the_first_link_leads_to_the_content() -> None:
    page = _page(**FRAME)
    first = page.select("a")[0]
    assert first["href"] == "#contenuto"
    assert page.select_one("main")["id"] == "contenuto"  # type: ignore[index]


def test_the_simulator_is_named_on_every_page_while_it_is_in_use() -> None:
    said = _page(**FRAME).select_one(".g-sim")
    assert said is not None
    assert said.text == "SIMULATORE - nessun pagamento reale"
    assert _page(**{**FRAME, "simulator_in_use": False}).select_one(".g-sim") is None


def test_only_the_current_section_is_marked() -> None:
    page = BeautifulSoup(gallery(), "html.parser")
    assert [link.text for link in page.select(".g-nav [aria-current=page]")] == ["Catalogo"]


def test_the_cart_says_how_many_in_words_too() -> None:
    assert _page(**{**FRAME, "cart_count": 1}).select_one(".g-count").text == "1 articolo"  # type: ignore[union-attr]
    assert _page(**{**FRAME, "cart_count": 0}).select_one(".g-count").text == "0 articoli"  # type: ignore[union-attr]
    assert _page(**{**FRAME, "cart_count": None}).select_one(".g-count") is None


def test_leaving_is_a_form_with_a_token_and_entering_is_a_link() -> None:
    signed_in = _page(**FRAME)
    form = signed_in.select_one('form[action="/esci"]')
    assert form is not None
    assert form["method"] == "post"
    assert form.select_one("[name=csrf_token]") is not None
    signed_out = _page(**{**FRAME, "principal": None})
    assert signed_out.select_one('form[action="/esci"]') is None
    assert signed_out.select_one('a[href="/entra"]') is not None


def test_help_stands_above_the_footer_with_the_average_answer_time() -> None:
    page = _page(**FRAME)
    aside = page.select_one("aside.g-help")
    assert aside is not None
    assert [link.text for link in aside.select("a")] == ["Contatta l’assistenza", "Cerca nella guida"]
    assert "Rispondiamo in media entro 24 ore." in aside.text
    assert aside.find_next_sibling("footer") is not None


def test_the_footer_names_the_seller_and_the_legal_pages() -> None:
    footer = _page(**FRAME).select_one("footer")
    assert footer is not None
    for told in ("Demo Software S.r.l.", "P. IVA 07643520567", "REA MI-0000000", "50.000 €"):
        assert told in footer.text
    assert {link["href"] for link in footer.select("a")} >= {LINKS["terms"], LINKS["privacy"], LINKS["accessibility"]}


def test_the_language_is_changed_by_a_form_and_the_page_says_which_one_it_speaks() -> None:
    page = _page(**FRAME)
    assert page.html["lang"] == "it"  # type: ignore[index]
    buttons = page.select('form[action="/lingua"] button')
    assert [(button["value"], button["aria-pressed"]) for button in buttons] == [("it", "true"), ("en", "false")]
    english = BeautifulSoup(rendered(PAGE, reader="en", asked=1, done=True), "html.parser")
    assert english.html["lang"] == "en"  # type: ignore[index]


def test_the_title_of_a_page_with_mistakes_begins_with_the_word() -> None:
    assert _page().title.text.strip() == "Parte viva · Gettone"  # type: ignore[union-attr]
    assert _page(errors={"cap": "Il CAP ha 5 cifre."}).title.text.startswith("Errore: Parte viva")  # type: ignore[union-attr]


def test_scripts_send_the_token_and_insert_no_styles() -> None:
    page = _page(**FRAME)
    assert "X-CSRFToken" in page.body["hx-headers:inherited"]  # type: ignore[index]
    assert '"includeIndicatorCSS": false' in page.select_one("meta[name=htmx-config]")["content"]  # type: ignore[index]


def test_a_plain_page_touches_no_session() -> None:
    page = _page(**FRAME, plain=True)
    assert page.select("form, [name=csrf_token]") == []
    assert "hx-headers:inherited" not in page.body.attrs  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("category", "css"),
    [
        ("success", "g-note--evaso"),
        ("info", "g-note--attesa"),
        ("warning", "g-note--attenzione"),
        ("error", "g-note--errore"),
    ],
)
def test_what_the_last_action_left_to_say_is_announced(category: str, css: str) -> None:
    with bare_app().test_request_context("/"):
        flash("Fatto.", category)
        page = BeautifulSoup(render_template(PAGE, asked=1, done=True), "html.parser")
    note = page.select_one("[role=status] .g-note")
    assert note is not None
    assert note.text == "Fatto."
    assert css in note["class"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 419, 422, 429, 500, 503])
def test_every_error_page_says_what_to_do_and_offers_a_way_on(status: int) -> None:
    page = BeautifulSoup(rendered("errors/error.html", status=status, reference="A7-4K2P", **FRAME), "html.parser")
    main = page.select_one("main")
    assert main is not None
    assert len(main.h1.text) > 10  # type: ignore[union-attr]
    assert "A7-4K2P" in main.text
    assert f"Errore {status}" in main.text
    assert [link["href"] for link in main.select("a.btn")] == ["/", "/assistenza"]


def test_an_unknown_status_reads_like_a_failure_of_ours_and_a_wait_is_told() -> None:
    page = rendered("errors/error.html", status=418, retry_after=30, way_on=("/ordini", "Torna agli ordini"))
    assert "Qualcosa non ha funzionato" in page
    assert "Puoi riprovare tra 30 secondi." in page
    assert "Torna agli ordini" in page
