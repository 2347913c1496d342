"""The pieces of a letter by themselves: its HTML, its attachments, its original bytes."""

import re
from io import BytesIO

from flask import Blueprint, Response, abort, send_file

from sandbox.mailbox.contents import Contents, read
from sandbox.mailbox.letters import Letters

_HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


def parts(letters: Letters) -> Blueprint:
    """Return the endpoints under one letter."""
    blueprint = Blueprint("parts", __name__, url_prefix="/messaggi/<int:number>")

    def raw(number: int) -> bytes:
        letter = letters.find(number) or abort(404)
        return letter.raw

    def contents(number: int) -> Contents:
        return read(raw(number))

    @blueprint.get("/html")
    def html(number: int) -> Response:
        response = Response(_opening_links_outside(contents(number).html), mimetype="text/html")
        response.headers["Content-Security-Policy"] = _HTML_POLICY
        return response

    @blueprint.get("/originale")
    def original(number: int) -> Response:
        return _download(raw(number), "message/rfc822", f"messaggio-{number}.eml")

    @blueprint.get("/allegati/<int:index>")
    def attachment(number: int, index: int) -> Response:
        attachments = contents(number).attachments
        if index >= len(attachments):
            abort(404)
        return _download(attachments[index].data, "application/octet-stream", attachments[index].name)

    return blueprint


def _download(data: bytes, kind: str, name: str) -> Response:
    return send_file(BytesIO(data), mimetype=kind, as_attachment=True, download_name=name)


def _opening_links_outside(html: str) -> str:
    """Make links open a page of their own: inside the frame the pages they lead to refuse to appear."""
    base = '<base target="_blank">'
    head = re.search(r"(?i)<head[^>]*>", html) or re.search(r"(?i)<!doctype[^>]*>", html)
    return html[: head.end()] + base + html[head.end() :] if head else base + html
