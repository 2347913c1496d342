"""`url_for` for templates, remembered: a page asks for some eighty URLs, most of them the same on every page."""

from typing import Any

from flask import Flask, has_request_context, request, url_for


def install(app: Flask) -> None:
    """Replace Jinja's `url_for` by one that remembers the addresses of pages and files without other values."""
    known: dict[tuple[str, str, str], str] = {}

    def address(endpoint: str, *, filename: str = "", **values: Any) -> str:  # noqa: ANN401 - as Flask's own
        named: dict[str, Any] = {"filename": filename} if filename else {}
        # Outside a request an address is whole; a relative endpoint depends on who asks.
        if values or endpoint.startswith(".") or not has_request_context():
            return url_for(endpoint, **named, **values)
        place = request.script_root, endpoint, filename
        if place not in known:
            known[place] = url_for(endpoint, **named)
        return known[place]

    app.jinja_env.globals["url_for"] = address
