"""The page at ``/``: what happened lately, and the levers a person may pull."""

import re

from flask import Blueprint, Response, redirect, render_template, request

from sandbox.stripe import charges, refunds
from sandbox.stripe.actions import perform
from sandbox.stripe.errors import ApiError
from sandbox.stripe.jsons import Json
from sandbox.stripe.pages import guarded
from sandbox.stripe.settlement import settle_due
from sandbox.stripe.world import World

SHORT, LONG = 10, 200
_AMOUNT = re.compile(r"\d{1,6}([.,]\d{1,2})?\Z")

_ELSE = "Nel frattempo è cambiato qualcosa. Controlla l’elenco qui sotto."
_PROBLEMS = {
    "make_payout": "Non c’è saldo da accreditare.",
    "open_dispute": "Si contesta solo un pagamento riuscito, e una volta sola.",
    "refund": "L’importo supera quello che resta, oppure il pagamento è contestato.",
}


class _Unreadable(ApiError):
    """An amount that a person wrote in a way nobody can read."""


def blueprint(world: World) -> Blueprint:
    """Return the routes of the dashboard."""
    routes = Blueprint("dashboard", __name__)

    @routes.get("/")
    def show() -> Response:
        """Show the newest of everything; ``?tutto=1`` shows more of it."""
        settle_due(world)
        limit = LONG if request.args.get("tutto") else SHORT
        return _dashboard(world, limit)

    @routes.post("/actions/<name>")
    def act(name: str) -> Response:
        """Do one action and come back; what cannot be done is said on top of the page."""
        identifier = request.form.get("id", "")
        options: Json = {}
        try:
            if request.form.get("amount"):
                options["amount"] = cents(request.form["amount"])
            if request.form.get("kind"):
                options["kind"] = request.form["kind"]
            perform(world, name, identifier, options)
        except ApiError as refusal:
            problem = str(refusal) if isinstance(refusal, _Unreadable) else _PROBLEMS.get(name, _ELSE)
            return _dashboard(world, SHORT, problem, 400)
        return redirect("/", 303)  # type: ignore[return-value]

    return routes


def cents(text: str) -> int:
    """Return the cents of an amount written ``12,50``; ApiError for anything else."""
    euros, _, rest = text.strip().replace(".", ",").partition(",")
    if not _AMOUNT.match(text.strip()):
        raise _Unreadable("Scrivi l’importo così: 12,50.")
    return int(euros) * 100 + int(rest.ljust(2, "0"))


def _dashboard(world: World, limit: int, problem: str | None = None, status: int = 200) -> Response:
    newest = world.store.select
    body = render_template(
        "dashboard.html",
        problem=problem,
        limit=limit,
        short=SHORT,
        now=world.clock.now(),
        moved=world.clock.offset(),
        webhook_url=world.webhook.url,
        event_kind=world.webhook.event_kind,
        sessions=newest("checkout.session", limit=limit),
        payments=[_payment(world, charge) for charge in newest("charge", limit=limit)],
        awaited=newest("payment_intent", {"status": "requires_action"}, limit=limit),
        refunds=newest("refund", limit=limit),
        disputes=newest("dispute", limit=limit),
        payouts=newest("payout", limit=limit),
        events=[_event(world, event) for event in newest("event", limit=limit * 2)],
    )
    return guarded(body, status)


def _payment(world: World, charge: Json) -> Json:
    method = charges.method_of(charge)
    paid = charge["status"] == "succeeded"
    disputed = bool(world.store.select("dispute", {"charge": charge["id"]}, limit=1))
    return {
        **charge,
        "method": method,
        "left": refunds.remaining(world, charge) if paid else 0,
        "disputable": paid and not disputed and method != "customer_balance",
    }


def _event(world: World, event: Json) -> Json:
    deliveries = world.store.rows("SELECT * FROM deliveries WHERE event = ? ORDER BY id", (event["id"],))
    shown = []
    for delivery in deliveries:
        attempts = world.store.rows(
            "SELECT * FROM attempts WHERE delivery = ? ORDER BY id DESC LIMIT 5", (delivery["id"],)
        )
        shown.append({**dict(delivery), "tries": [dict(attempt) for attempt in attempts]})
    return {**event, "deliveries": shown, "subject": event["data"]["object"]["id"]}
