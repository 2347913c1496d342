"""A browser without scripts: it follows links, and sends the forms it finds with the values they hold."""

from dataclasses import dataclass

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
    page: BeautifulSoup = BeautifulSoup("", "html.parser")

    def open(self, path: str) -> "Browser":
        """Go to an address, following where it leads."""
        return self._look(self.client.get(path, follow_redirects=True))

    def send(self, button: str, **typed: str) -> "Browser":
        """Press the button with this text, after typing into its form's fields."""
        pressed = next(one for one in self.page.select("form button") if one.get_text(" ", strip=True) == button)
        form = pressed.find_parent("form")
        assert isinstance(form, Tag)
        values = values_of(form)
        unknown = set(typed) - set(values) - {str(one.get("name")) for one in form.select("[name]")}
        assert not unknown, f"the form asks for no {unknown}"
        values |= typed
        if pressed.get("name"):
            values[str(pressed["name"])] = str(pressed.get("value", ""))
        action = str(form.get("action") or self.url)
        if str(form.get("method", "get")).lower() == "post":
            return self._look(self.client.post(action, data=values, follow_redirects=True))
        return self._look(self.client.get(action, query_string=values, follow_redirects=True))

    def follow(self, text: str) -> "Browser":
        """Click the first link with this text."""
        link = next(one for one in self.page.select("main a") if text in one.get_text(" ", strip=True))
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

    def _look(self, answer: TestResponse) -> "Browser":
        self.url, self.status = answer.request.path, answer.status_code
        self.page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
        return self


def values_of(part: Tag) -> dict[str, str]:
    """The values a form would send as it stands."""
    values: dict[str, str] = {}
    for field in part.select("input[name], select[name], textarea[name]"):
        name, kind = str(field["name"]), str(field.get("type", ""))
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            values[name] = str(chosen.get("value", "")) if chosen else ""
        elif field.name == "textarea":
            values[name] = field.get_text()
        elif kind not in {"radio", "checkbox"} or field.has_attr("checked"):
            values[name] = str(field.get("value", ""))
    return values
