"""JSON for tests: the letters, and the orders that make the mailbox misbehave."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from sandbox.mailbox.behaviour import BadControl, Behaviour
from sandbox.mailbox.contents import read
from sandbox.mailbox.letters import Letter, Letters

_DEFAULT_LIMIT = 50
_HIGHEST_LIMIT = 500


def api(letters: Letters) -> Blueprint:
    """Return `/api/messages` and `/_control`."""
    blueprint = Blueprint("api", __name__)
    behaviour = Behaviour(letters)

    def state() -> dict[str, Any]:
        return {**asdict(behaviour.read()), "messages": letters.count()}

    @blueprint.get("/api/messages")
    def messages() -> Response:
        page = letters.search(
            request.args.get("q", ""),
            request.args.get("to", ""),
            request.args.get("before", type=int),
            max(1, min(request.args.get("limit", _DEFAULT_LIMIT, type=int), _HIGHEST_LIMIT)),
        )
        return jsonify(messages=[_described(letter) for letter in page.letters], older=page.older)

    @blueprint.get("/api/messages/<int:number>")
    def message(number: int) -> Response:
        return jsonify(_described(letters.find(number) or abort(404)))

    @blueprint.get("/_control")
    def show() -> Response:
        return jsonify(state())

    @blueprint.post("/_control")
    def order() -> tuple[Response, int]:
        orders = request.get_json()
        if not isinstance(orders, dict):
            return jsonify(reason="the orders must be a JSON object"), 422
        try:
            behaviour.order(orders)
        except BadControl as error:
            return jsonify(reason=error.reason), 422
        return jsonify(state()), 200

    return blueprint


def _described(letter: Letter) -> dict[str, Any]:
    contents = read(letter.raw)
    return {
        "id": letter.number,
        "message_id": letter.message_id,
        "from": letter.sender,
        "to": letter.recipients,
        "subject": letter.subject,
        "received_at": datetime.fromtimestamp(letter.received_at, UTC).isoformat(),
        "copies": letter.copies,
        "changed_copies": letter.changed_copies,
        "headers": contents.headers,
        "text": contents.text,
        "html": contents.html,
        "links": contents.links,
        "attachments": [{"name": one.name, "type": one.kind, "size": len(one.data)} for one in contents.attachments],
    }
