"""The shared pieces: labels, descriptions, roles, and nothing a strict content policy would refuse."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from tests.look.bare import ERRORS, ROOT, gallery, piece

PAGES = {"normal": gallery(), "mistakes": gallery(ERRORS)}
OUTSIDE_MAILS = [
    path for path in sorted((ROOT / "templates").rglob("*.html")) if "mail" not in path.relative_to(ROOT).parts
]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> BeautifulSoup:
    return BeautifulSoup(PAGES[request.param], "html.parser")


def test_no_id_stands_twice(page: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids)) > 20


def test_every_control_has_a_name_that_is_read(page: BeautifulSoup) -> None:
    labelled = {label["for"] for label in page.select("label[for]")}
    controls = page.select("input:not([type=hidden]), select, textarea")
    nameless = [control for control in controls if not control.get("aria-label") and control.get("id") not in labelled]
    assert len(controls) > 15
    assert nameless == []


@pytest.mark.parametrize("attribute", ["for", "aria-describedby", "aria-labelledby"])
def test_what_is_pointed_at_exists(page: BeautifulSoup, attribute: str) -> None:
    ids = {tag["id"] for tag in page.select("[id]")}
    pointed = {name for tag in page.select(f"[{attribute}]") for name in str(tag[attribute]).split()}
    assert pointed
    assert pointed <= ids


def test_the_summary_and_the_fields_say_the_same_sentences() -> None:
    page = BeautifulSoup(PAGES["mistakes"], "html.parser")
    summary = page.select_one(".g-errs")
    assert summary is not None
    assert (summary["role"], summary["tabindex"]) == ("alert", "-1")
    assert summary.h2 is not None
    assert summary.h2.text == "Controlla 7 punti"
    for link in summary.select("a"):
        control = page.select_one(str(link["href"]))
        assert control is not None
        assert control.name in {"input", "select", "textarea"}
        assert control["aria-invalid"] == "true"
        described = control.get("aria-describedby") or _group(control)["aria-describedby"]
        said = " ".join(page.select_one(f"#{name}").text for name in str(described).split())  # type: ignore[union-attr]
        assert link.text in said


def _group(control: Tag) -> Tag:
    found = control.find_parent("fieldset")
    assert isinstance(found, Tag)
    return found


def test_without_mistakes_nothing_speaks_of_them() -> None:
    page = BeautifulSoup(PAGES["normal"], "html.parser")
    assert page.select(".g-errs, .g-err, [aria-invalid]") == []


def test_every_button_says_what_kind_it_is(page: BeautifulSoup) -> None:
    buttons = page.select("button")
    assert [button for button in buttons if button.get("type") not in {"submit", "button"}] == []


def test_every_form_that_changes_something_carries_a_token(page: BeautifulSoup) -> None:
    forms = page.select("form[method=post]")
    assert len(forms) > 5
    assert [form for form in forms if form.select_one("[name=csrf_token]") is None] == []


def test_a_table_that_becomes_cards_keeps_its_roles(page: BeautifulSoup) -> None:
    for part, role in (
        ("table", "table"),
        ("thead", "rowgroup"),
        ("tbody", "rowgroup"),
        ("tr", "row"),
        ("th", "columnheader"),
        ("td", "cell"),
    ):
        found = [
            tag for table in page.select(".g-cards") for tag in ([table] if part == "table" else table.select(part))
        ]
        assert found
        assert {tag.get("role") for tag in found} == {role}
    for table in page.select(".g-cards"):
        columns = len(table.select("thead th"))
        assert {len(row.select("td")) for row in table.select("tbody tr")} == {columns}
        assert table.caption is not None


def test_the_double_groove_stands_once() -> None:
    assert len(BeautifulSoup(PAGES["normal"], "html.parser").select(".g-due")) == 1


@pytest.mark.parametrize("path", OUTSIDE_MAILS, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_has_no_inline_style_or_script(path: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:|hx-on|js:", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", source)


def test_texts_from_people_are_escaped() -> None:
    found = piece('{% from "ui/note.html" import note %}{{ note("done", word, word) }}', word="<b>x</b>")
    assert found.b is None
    assert "<b>x</b>" in found.text


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("paid", "g-stato--evaso"),
        ("AWAITING_PAYMENT", "g-stato--attesa"),
        ("expiring", "g-stato--attenzione"),
        ("failed", "g-stato--errore"),
        ("cancelled", ""),
        ("unheard_of", ""),
    ],
)
def test_a_state_of_the_domain_knows_its_family(kind: str, family: str) -> None:
    badge = piece('{% from "ui/state.html" import state %}{{ state(kind, "Parola") }}', kind=kind).span
    assert badge is not None
    assert badge.text == "Parola"
    assert badge["class"] == ["g-stato", *([family] if family else [])]


def test_the_stepper_stops_at_both_ends() -> None:
    source = '{% from "ui/stepper.html" import quantity %}{{ quantity("q", value, "LITE", least=1, most=3) }}'
    disabled = {
        value: [bool(button.has_attr("disabled")) for button in piece(source, value=value).select("button")]
        for value in (1, 2, 3)
    }
    assert disabled == {1: [True, False], 2: [False, False], 3: [False, True]}


def test_a_free_text_warns_against_sensitive_data() -> None:
    found = piece('{% from "ui/field.html" import textarea %}{{ textarea("reason", "Motivo") }}')
    assert found.textarea is not None
    hint = found.select_one(f"#{found.textarea['aria-describedby']}")
    assert hint is not None
    assert "salute" in hint.text


def test_pages_are_walked_by_links_and_never_by_numbers() -> None:
    found = piece('{% from "ui/pager.html" import pager %}{{ pager(next="?after=abc", shown=50, total=1204) }}')
    assert [(link["rel"], link.text) for link in found.select("a")] == [(["next"], "Pagina successiva")]
    assert "50 di 1.204" in found.text


def test_a_finished_live_part_asks_no_more() -> None:
    source = '{% from "ui/progress.html" import live %}{% call live("/stato", 5, done=done) %}Pronto{% endcall %}'
    assert piece(source, done=False).select_one("[hx-get]") is not None
    assert piece(source, done=True).select_one("[hx-get]") is None
    assert piece(source, done=True).select_one("[role=status]") is not None


def test_an_irrevocable_choice_is_typed() -> None:
    source = """{% from "ui/confirm.html" import confirm_by_typing %}
    {% call confirm_by_typing("/assegna", "ASSEGNA 3", "Definitiva", "Assegna 3 coupon", fields={"batch": "7"}) %}
      <p>Non si sposta.</p>
    {% endcall %}"""
    found = piece(source)
    assert found.label is not None
    assert found.label.text == "Per confermare scrivi ASSEGNA 3"
    assert found.select_one('input[name="batch"]')["value"] == "7"  # type: ignore[index]
