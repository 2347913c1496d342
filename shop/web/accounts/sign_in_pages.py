"""Pages to come in and go out: /accedi, /esci, and the choice of whom to act for."""

import time
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, session
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as Redirect

from foundation.access import public, requires
from foundation.database import transaction
from foundation.principal import current_principal
from foundation.settings import current_settings
from shop.accounts.people import ROLES
from shop.accounts.signing_in import (
    Entrance,
    check_password,
    entrance_of,
    forget_sign_in_tries,
    note_entrance,
    wait_before_trying,
)
from shop.carts import adopt_cart
from shop.web.accounts.identification import let_in, let_out, signed_in
from shop.web.accounts.safe_ways import safe_path
from shop.web.page_context import CART_KEY

PENDING_KEY = "second_factor_for"
PENDING_SECONDS = 600

pages = Blueprint("sign_in", __name__)

Answer = str | Response | Redirect | tuple[str, int] | tuple[str, int, dict[str, str]]


@pages.get("/accedi")
@public
def form() -> Answer:
    """The sign-in page."""
    if current_principal() is not None:
        return redirect(safe_path(request.args.get("next")))
    return _page()


@pages.post("/accedi")
@public
def submit() -> Answer:
    """Sign in, or say the same whatever was wrong."""
    settings = current_settings()
    email, password = request.form.get("email", ""), request.form.get("password", "")
    wait = wait_before_trying(settings, email, request.remote_addr or "")
    if wait is not None:
        minutes = max(1, -(-int(wait.total_seconds()) // 60))
        told = ngettext(
            "Troppi tentativi. Riprova tra %(num)s minuto.", "Troppi tentativi. Riprova tra %(num)s minuti.", minutes
        )
        return _page({"": told}), 429, {"Retry-After": str(int(wait.total_seconds()))}
    with transaction() as database:
        user = check_password(database, email, password)
        entrance = entrance_of(database, user) if user else None
        if entrance is not None:
            note_entrance(database, entrance, "password")
    if user is None:
        return _page({"email": _("E-mail o password non corrispondono. Controllale e riprova.")}), 422
    if entrance is None:
        return _page({"email": _("Questo utente non lavora più per nessuno studio. Chiedi un nuovo invito.")}), 422
    forget_sign_in_tries(settings, email)
    return come_in(entrance, safe_path(request.form.get("next")))


def come_in(entrance: Entrance, way: str) -> Redirect:
    """Let somebody in who proved who they are, or ask for their second factor first; then on to `way`."""
    if entrance.second_factor_due:
        session[PENDING_KEY] = [str(entrance.membership.id), str(entrance.user.id), int(time.time()), way]
        return redirect("/accedi/verifica")
    finish(entrance, second_factor=False)
    return redirect(way)


def finish(entrance: Entrance, *, second_factor: bool) -> None:
    """Sign the browser in; the cart it collected before becomes the party's."""
    session.pop(PENDING_KEY, None)
    cart_id = session.pop(CART_KEY, None)
    if cart_id and entrance.membership.role in {"owner", "staff", "member"}:
        with transaction() as database:
            adopt_cart(database, UUID(cart_id), entrance.membership.party_id)
    let_in(entrance.user.id, entrance.membership, second_factor=second_factor)


@pages.post("/esci")
@public
def leave() -> Redirect:
    """Sign out."""
    let_out()
    return redirect("/")


@pages.post("/account/agisci")
@requires(*ROLES)
def act_for() -> Redirect:
    """Go on under another of one's memberships."""
    person = signed_in()
    try:
        membership_id = UUID(request.form.get("membership", ""))
    except ValueError:
        return redirect("/account")
    with transaction() as database:
        from shop.accounts.people import User  # noqa: PLC0415

        user = database.get_one(User, person.user_id)  # type: ignore[union-attr]
        entrance = entrance_of(database, user, membership_id)
    return redirect("/account") if entrance is None else come_in(entrance, "/")


def _page(errors: dict[str, Any] | None = None) -> str:
    asked = request.values
    return render_template(
        "accounts/sign_in.html",
        errors=errors or {},
        email=asked.get("email", ""),
        next=safe_path(asked.get("next"), ""),
    )
