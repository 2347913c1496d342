"""A browser without scripts: it follows links, and sends the forms it finds with the values they hold."""

from dataclasses import dataclass, field

from bs4 import BeautifulSoup
from bs4.element import Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass
class Browser:
    """One person at one device: the page they look at, and where it is."""

    client: FlaskClient
    url: str = ""
    status: int = 0
    page: BeautifulSoup = field(default_factory=lambda: BeautifulSoup("", "html.parser"), repr=False)

    def open(self, path: str) -> "Browser":
        """Go to an address, following where it leads."""
        return self._look(self.client.get(path, follow_redirects=True))

    def send(self, button: str, **typed: str) -> "Browser":
        """Press the button with this text, after typing into its form's fields."""
        pressed = self._button(button)
        form = pressed.find_parent("form")
        assert isinstance(form, Tag)
        unknown = set(typed) - {str(one.get("name")) for one in form.select("[name]")}
        assert not unknown, f"the form asks for no {unknown}"
        values = self.form(button) | typed
        action = str(form.get("action") or self.url)
        if str(form.get("method", "get")).lower() == "post":
            return self._look(self.client.post(action, data=values, follow_redirects=True))
        return self._look(self.client.get(action, query_string=values, follow_redirects=True))

    def form(self, button: str) -> dict[str, str]:
        """What pressing the button would send as the form stands."""
        pressed = self._button(button)
        form = pressed.find_parent("form")
        assert isinstance(form, Tag)
        values = values_of(form)
        if pressed.get("name"):
            values[str(pressed["name"])] = str(pressed.get("value", ""))
        return values

    def follow(self, text: str) -> "Browser":
        """Click the first link with this text."""
        links = self.page.select("main a")
        link = next((one for one in links if text in one.get_text(" ", strip=True)), None)
        assert link is not None, f"no link {text}, only {[one.get_text(' ', strip=True) for one in links]}"
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
        found = self.page.select_one("title")
        return found.get_text(strip=True) if found else ""

    def value(self, name: str) -> str:
        """What a field holds."""
        return values_of(self.page)[name]

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

    def _look(self, answer: TestResponse) -> "Browser":
        self.url, self.status = answer.request.path, answer.status_code
        self.page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
        return self


def values_of(part: Tag) -> dict[str, str]:
    """The values a form would send as it stands."""
    values: dict[str, str] = {}
    for control in part.select("input[name], select[name], textarea[name]"):
        name, kind = str(control["name"]), str(control.get("type", ""))
        if control.name == "select":
            chosen = control.select_one("option[selected]") or control.select_one("option")
            values[name] = str(chosen.get("value", "")) if chosen else ""
        elif control.name == "textarea":
            values[name] = control.get_text()
        elif kind not in {"radio", "checkbox"} or control.has_attr("checked"):
            values[name] = str(control.get("value", ""))
    return values
