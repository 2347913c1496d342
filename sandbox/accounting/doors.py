"""The page that opens the shop for a studio, and the links on it."""

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.accounting.links import DESTINATIONS, LIFETIME_SECONDS, entrance, entrance_token
from sandbox.accounting.settings import Config


def doors(config: Config) -> Blueprint:
    """Return the page with the three doors; a token is made when a door is opened, not before."""
    blueprint = Blueprint("doors", __name__, url_prefix="/apri")

    def visitor() -> tuple[str, str]:
        studio = request.args.get("studio", "").strip() or config.studio
        user = request.args.get("user", "").strip() or config.user
        return studio, user

    @blueprint.get("")
    def every() -> str:
        studio, user = visitor()
        return render_template(
            "doors.html", studio=studio, user=user, destinations=DESTINATIONS, lifetime=LIFETIME_SECONDS
        )

    @blueprint.get("/<destination>")
    def one(destination: str) -> Response:
        if f"/{destination}" not in DESTINATIONS:
            abort(404)
        studio, user = visitor()
        return opened({"studio": studio}, user, f"/{destination}")

    @blueprint.get("/servizi/<company_id>")
    def services(company_id: str) -> Response:
        """Open a company's services: for its own person, or, where a studio pays, for the studio's."""
        studio, user = visitor()
        if request.args.get("studio"):
            return opened({"studio": studio}, user, f"/aziende/{company_id}/servizi")
        return opened({"company": company_id}, user, "/servizi")

    def opened(whose: dict[str, str], user: str, destination: str) -> Response:
        response = redirect(
            entrance(config.shop_url, entrance_token(config.key, whose, user, destination, config.clock()))
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint
