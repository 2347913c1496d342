"""The page side: where the buyer pays, in Italian, and without JavaScript."""

from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request

from sandbox.stripe.actions import ACTIONS, perform
from sandbox.stripe.errors import ApiError
from sandbox.stripe.jsons import Json
from sandbox.stripe.settlement import settle_due
from sandbox.stripe.world import World

BAD_REQUEST, NOT_FOUND, GONE = 400, 404, 410

_BUTTONS = {
    "card": "pay_card",
    "card_declined": "decline_card",
    "sepa_debit": "pay_sepa",
    "customer_balance": "pay_bank_transfer",
    "nothing": "pay_nothing",
    "save_card": "save_card",
    "save_declined_card": "save_declined_card",
    "save_asking_card": "save_asking_card",
}


def blueprint(world: World) -> Blueprint:
    """Return the routes of the hosted page."""
    routes = Blueprint("pages", __name__)

    @routes.get("/checkout/<identifier>")
    def show(identifier: str) -> Response:
        """Show a session: payable while open, 410 afterwards, 404 when there is none."""
        settle_due(world)
        session = world.store.find(identifier, "checkout.session")
        return _missing() if session is None else _page(world, session)

    @routes.post("/checkout/<identifier>")
    def press(identifier: str) -> Response:
        """Do what the pressed button says and lead the buyer back to the shop."""
        name = _BUTTONS.get(request.form.get("outcome", ""), "")
        session = world.store.find(identifier, "checkout.session")
        if session is None:
            return _missing()
        if name not in ACTIONS:
            return _page(world, session, status=BAD_REQUEST)
        try:
            session = perform(world, name, identifier, {})
        except ApiError:
            return _page(world, world.store.get(identifier), status=BAD_REQUEST)
        return redirect(_next_address(session), 303)  # type: ignore[return-value]

    return routes


def _next_address(session: Json) -> str:
    if session["status"] == "complete":
        return success_address(session)
    return f"/checkout/{session['id']}?esito=rifiutata"


def success_address(session: Json) -> str:
    """Return the shop's result page with the placeholder replaced by the session's id."""
    identifier = quote(session["id"], safe="")
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", identifier)


def _page(world: World, session: Json, status: int = 200) -> Response:
    is_open = session["status"] == "open"
    body = render_template(
        "checkout.html" if is_open else "closed.html",
        session=session,
        items=world.store.note(session["id"])["line_items"],
        declined=request.args.get("esito") == "rifiutata",
        unknown_button=status == BAD_REQUEST,
        success_address=success_address(session),
    )
    return guarded(body, status if is_open else GONE, _origins(session))


def _missing() -> Response:
    return guarded(render_template("missing.html"), NOT_FOUND)


def _origins(session: Json) -> list[str]:
    """Return the shop's origins: browsers apply form-action to the redirect after a form, too."""
    addresses = [urlsplit(session[name] or "") for name in ("success_url", "cancel_url")]
    return sorted({f"{parts.scheme}://{parts.netloc}" for parts in addresses if parts.netloc})


def guarded(body: str, status: int = 200, targets: list[str] | None = None) -> Response:
    """Return a page with a strict content policy and without a copy in any cache."""
    response = make_response(body, status)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self';"
        f" form-action {' '.join([chr(39) + 'self' + chr(39), *(targets or [])])};"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response
