"""A browser without scripts for stories: open a page, find a form by its button, fill it in, press, follow."""

from collections.abc import Mapping

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
        pressed = self._button(button, within)
        form = pressed.find_parent("form")
        assert isinstance(form, Tag), f"{button} stands in no form"
        sent = filled(form) | dict(fields or {})
        if pressed.get("name"):
            sent[str(pressed["name"])] = str(pressed.get("value", ""))
        return self._send(form, sent)

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
