"""Controls for tests: the clock, the post, the failures, and what people and banks do."""

from collections.abc import Callable
from dataclasses import asdict, replace

from flask import Blueprint, Response, request

from sandbox.stripe.actions import perform
from sandbox.stripe.api import Api
from sandbox.stripe.delivery import DeliveryMode, Postman
from sandbox.stripe.errors import ApiError
from sandbox.stripe.faults import Fault
from sandbox.stripe.jsons import Json, encode
from sandbox.stripe.settlement import settle_due
from sandbox.stripe.world import World


class Control:
    """The routes below ``/_control``; all take and give JSON objects."""

    def __init__(self, world: World, postman: Postman, api: Api) -> None:
        """Act on the same parts that serve the API and the pages."""
        self._world = world
        self._postman = postman
        self._api = api

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        blueprint = Blueprint("control", __name__, url_prefix="/_control")
        views = {
            "/clock": self.clock,
            "/delivery": self.delivery,
            "/webhook": self.webhook,
            "/faults": self.faults,
            "/flush": self.flush,
        }
        for rule, view in views.items():
            blueprint.add_url_rule(rule, rule[1:], self._json(view), methods=["POST"])
        blueprint.add_url_rule("/actions/<name>", "action", self.action, methods=["POST"])
        blueprint.register_error_handler(ApiError, _refused)
        return blueprint

    def _json(self, view: Callable[[Json], Json]) -> Callable[[], Response]:
        def answer() -> Response:
            try:
                return _answered(view(_asked()))
            except (TypeError, ValueError) as wrong:
                raise ApiError(str(wrong)) from wrong

        return answer

    def clock(self, asked: Json) -> Json:
        """Move the clock: ``offset_seconds`` from the real time, or ``now`` since 1970."""
        offset = asked.get("offset_seconds", 0)
        if "now" in asked:
            offset = asked["now"] - self._world.real_time()
        self._world.clock.move(float(offset))
        settle_due(self._world)
        return {"offset_seconds": self._world.clock.offset(), "now": self._world.clock.now()}

    def delivery(self, asked: Json) -> Json:
        """Replace the way events are delivered; an empty object makes the post reliable again."""
        self._postman.change_mode(DeliveryMode.of(asked))
        return asdict(self._postman.mode)

    def webhook(self, asked: Json) -> Json:
        """Replace any part of the shop's endpoint until the next start; old deliveries follow it."""
        for name in ("secrets", "enabled_events"):
            if name in asked:
                asked[name] = tuple(str(part) for part in asked[name])
        self._world.webhook = replace(self._world.webhook, **asked)
        return {**asdict(self._world.webhook), "secrets": len(self._world.webhook.secrets)}

    def faults(self, asked: Json) -> Json:
        """Plan failures of the next calls; an empty object ends them."""
        self._api.faults.plan(Fault(**asked) if asked else None)
        return self._api.faults.describe()

    def flush(self, _asked: Json) -> Json:
        """Deliver everything pending now and answer what became of it."""
        results = self._postman.flush()
        delivered = sum(1 for result in results if result["delivered"])
        return {"delivered": delivered, "failed": len(results) - delivered, "results": results}

    def action(self, name: str) -> Response:
        """Do one action on the object named by ``id`` and answer the object it left."""
        asked = _asked()
        return _answered(perform(self._world, name, str(asked.pop("id", "")), asked))


def _asked() -> Json:
    asked = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(asked, dict):
        raise ApiError("The body must be a JSON object.")
    return asked


def _answered(body: Json, status: int = 200) -> Response:
    return Response(encode(body), status, content_type="application/json")


def _refused(refusal: ApiError) -> Response:
    return _answered(refusal.body(""), refusal.status)
