"""The pages a person sees: the list of letters, and one letter."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template, request

from sandbox.mailbox.contents import read, split_links
from sandbox.mailbox.letters import Letters

_ROME = ZoneInfo("Europe/Rome")


def pages(letters: Letters) -> Blueprint:
    """Return the Italian pages."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.app_template_filter("instant")
    def instant(seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).astimezone(_ROME).strftime("%d/%m/%Y %H:%M:%S")

    @blueprint.get("/")
    def listing() -> str:
        query, to = request.args.get("q", "").strip(), request.args.get("a", "").strip()
        before = request.args.get("prima", type=int)
        page = letters.search(query, to, before)
        return render_template(
            "letters.html", page=page, query=query, to=to, before=before, addresses=letters.addresses()
        )

    @blueprint.get("/messaggi/<int:number>")
    def letter(number: int) -> str:
        one = letters.find(number) or abort(404)
        contents = read(one.raw)
        return render_template("letter.html", letter=one, contents=contents, pieces=split_links(contents.text))

    return blueprint
