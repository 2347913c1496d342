"""A browser without scripts for stories: open a page, find a form by its button, fill it in, press, follow.

`Page` is one page as it was; `Browser` is one person who goes from page to page and reads the part in the middle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Page:
    """A page as a person sees it, with its forms."""

    def __init__(self, client: FlaskClient, response: TestResponse) -> None:
        self.client = client
        self.response = response
        self.status = response.status_code
        self.path = response.request.path
        self.soup = BeautifulSoup(response.text, "html.parser")

    @property
    def text(self) -> str:
        """All that is written, blanks folded (also those that do not break)."""
        return " ".join(self.soup.get_text(" ").split())

    @property
    def title(self) -> str:
        """The title of the tab."""
        found = self.soup.title
        return " ".join(found.get_text().split()) if found else ""

    def part(self, selector: str) -> str:
        """What is written in one part, blanks folded."""
        found = self.soup.select_one(selector)
        assert found is not None, f"nothing matches {selector}"
        return " ".join(found.get_text(" ").split())

    def press(self, button: str, fields: Mapping[str, str] | None = None, within: str = "body") -> "Page":
        """Fill in the form that has this button (by its words or label) and press it; follow where it leads."""
        return self.send_by(self._button(button, within), fields or {})

    def send_by(self, pressed: Tag, fields: Mapping[str, str]) -> "Page":
        """Press this very button; follow where it leads."""
        return self._send(form_of(pressed), pressed_values(pressed) | dict(fields))

    def submit(self, selector: str, fields: Mapping[str, str] | None = None) -> "Page":
        """Send a form as Enter in one of its fields does."""
        form = self.soup.select_one(selector)
        assert isinstance(form, Tag), f"no form {selector}"
        return self._send(form, filled(form) | dict(fields or {}))

    def follow(self, words: str) -> "Page":
        """Click a link by its words."""
        for link in self.soup.find_all("a", href=True):
            if words in " ".join(link.get_text(" ").split()):
                return visit(self.client, str(link["href"]))
        raise AssertionError(f"no link {words!r} on {self.path}")

    def has_button(self, button: str) -> bool:
        """Whether something of this name can be pressed."""
        return any(_named(found, button) for found in self.soup.select("button"))

    def _button(self, button: str, within: str) -> Tag:
        for found in self.soup.select(f"{within} button"):
            if _named(found, button):
                assert not found.has_attr("disabled"), f"{button} is disabled"
                return found
        raise AssertionError(f"no button {button!r} on {self.path}: {self.text[:400]}")

    def _send(self, form: Tag, sent: dict[str, str]) -> "Page":
        action = str(form.get("action") or self.path)
        if str(form.get("method", "get")).lower() == "get":
            return Page(self.client, self.client.get(action, query_string=sent, follow_redirects=True))
        return _followed(self.client, self.client.post(action, data=sent))


@dataclass
class Browser:
    """One person at one device: the page they look at, and where it is."""

    client: FlaskClient
    url: str = ""
    status: int = 0
    page: BeautifulSoup = field(default_factory=lambda: BeautifulSoup("", "html.parser"), repr=False)
    _shown: Page | None = field(default=None, repr=False)

    def open(self, path: str) -> "Browser":
        """Go to an address, following where it leads."""
        return self._look(visit(self.client, path))

    def send(self, button: str, **typed: str) -> "Browser":
        """Press the button with exactly these words, after typing into its form's fields."""
        pressed = self._button(button)
        unknown = set(typed) - {str(one.get("name")) for one in form_of(pressed).select("[name]")}
        assert not unknown, f"the form asks for no {unknown}"
        assert self._shown is not None
        return self._look(self._shown.send_by(pressed, typed))

    def form(self, button: str) -> dict[str, str]:
        """What pressing the button would send as the form stands."""
        return pressed_values(self._button(button))

    def follow(self, words: str) -> "Browser":
        """Click the first link of the main part with these words."""
        links = self.page.select("main a")
        link = next((one for one in links if words in one.get_text(" ", strip=True)), None)
        assert link is not None, f"no link {words}, only {[one.get_text(' ', strip=True) for one in links]}"
        return self.open(str(link["href"]))

    @property
    def text(self) -> str:
        """What can be read in the main part of the page."""
        main = self.page.select_one("main") or self.page
        return " ".join(main.get_text(" ", strip=True).split())

    @property
    def heading(self) -> str:
        """The heading of the page."""
        found = self.page.select_one("h1")
        return found.get_text(" ", strip=True) if found else ""

    @property
    def title(self) -> str:
        """The title of the window."""
        return self._shown.title if self._shown else ""

    def value(self, name: str) -> str:
        """What a field holds."""
        return filled(self.page)[name]

    def error(self, field: str) -> str:
        """The sentence beside a field, empty when there is none."""
        found = self.page.select_one(f"#{field}-error")
        return found.get_text(" ", strip=True).removeprefix("Errore: ") if found else ""

    def summary(self) -> list[str]:
        """The sentences of the error summary."""
        return [one.get_text(" ", strip=True) for one in self.page.select(".g-errs li")]

    def notes(self) -> list[str]:
        """What the notes of the page say."""
        return [" ".join(one.get_text(" ", strip=True).split()) for one in self.page.select("main .g-note") if one.text]

    def _button(self, words: str) -> Tag:
        buttons = self.page.select("form button")
        found = [one for one in buttons if one.get_text(" ", strip=True) == words]
        assert found, f"no button {words}, only {[one.get_text(' ', strip=True) for one in buttons]}"
        return found[0]

    def _look(self, shown: Page) -> "Browser":
        self._shown, self.url, self.status, self.page = shown, shown.path, shown.status, shown.soup
        return self


def form_of(pressed: Tag) -> Tag:
    """The form in which a button stands."""
    form = pressed.find_parent("form")
    assert isinstance(form, Tag), f"{pressed.get_text()} stands in no form"
    return form


def pressed_values(pressed: Tag) -> dict[str, str]:
    """What a browser sends when this button is pressed."""
    own = {str(pressed["name"]): str(pressed.get("value", ""))} if pressed.get("name") else {}
    return filled(form_of(pressed)) | own


def visit(client: FlaskClient, path: str) -> Page:
    """Open an address and follow where it leads, as far as it stays on this site."""
    return _followed(client, client.get(path))


def filled(form: Tag) -> dict[str, str]:
    """What a browser sends for a form as it stands, no button pressed."""
    sent: dict[str, str] = {}
    for control in form.select("input[name], select[name], textarea[name]"):
        name, kind = str(control["name"]), str(control.get("type", "text"))
        if control.has_attr("disabled") or (kind in {"checkbox", "radio"} and not control.has_attr("checked")):
            continue
        if control.name == "select":
            options = control.select("option[selected]") or control.select("option")[:1]
            sent[name] = str(options[0].get("value", "")) if options else ""
        else:
            sent[name] = str(control.get("value", "")) if control.name == "input" else control.get_text()
    return sent


def _followed(client: FlaskClient, response: TestResponse) -> Page:
    for _hop in range(5):
        where = response.headers.get("Location", "")
        if response.status_code not in {301, 302, 303, 307, 308} or where.startswith("http"):
            break
        response = client.get(where.partition("#")[0])
    return Page(client, response)


def _named(button: Tag, name: str) -> bool:
    said = " ".join(button.get_text(" ").split())
    return name in said or name in str(button.get("aria-label", ""))
