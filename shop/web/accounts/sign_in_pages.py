"""Pages to come in and go out: /accedi, /esci, and the choice of whom to act for."""

from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from foundation.access import public, requires
from foundation.database import transaction
from foundation.principal import current_principal
from foundation.settings import current_settings
from shop.accounts.people import ROLES
from shop.accounts.signing_in import (
    check_password,
    entrance_of,
    forget_sign_in_tries,
    note_entrance,
    switch_to,
    wait_before_trying,
)
from shop.web.accounts.blueprint import Answer, accounts
from shop.web.accounts.coming_in import come_in, go_on
from shop.web.accounts.identification import let_out, signed_in
from shop.web.accounts.safe_ways import safe_path
from shop.web.accounts.sentences import retry_after, wait_sentence


@accounts.get("/accedi")
@public
def sign_in() -> Answer:
    """The sign-in page."""
    if current_principal() is not None:
        return redirect(safe_path(request.args.get("next")))
    return _page({})


@accounts.post("/accedi")
@public
def sign_in_submit() -> Answer:
    """Sign in, or say the same whatever was wrong."""
    settings = current_settings()
    email, password = request.form.get("email", ""), request.form.get("password", "")
    wait = wait_before_trying(settings, email, request.remote_addr or "")
    if wait is not None:
        return _page({"": wait_sentence(wait)}), 429, retry_after(wait)
    with transaction() as session:
        user = check_password(session, email, password)
        entrance = entrance_of(session, user) if user else None
        if entrance is not None:
            note_entrance(session, entrance, "password")
    if user is None:
        return _page({"email": _("E-mail o password non corrispondono. Controllale e riprova.")}), 422
    if entrance is None:
        return _page({"email": _("Questo utente non lavora per nessuno studio. Chiedi un nuovo invito.")}), 422
    forget_sign_in_tries(settings, email)
    return come_in(entrance, safe_path(request.form.get("next")))


@accounts.post("/esci")
@public
def sign_out() -> Redirect:
    """Sign out."""
    let_out()
    flash(_("Sei uscito."), "info")
    return redirect("/")


@accounts.post("/account/agisci")
@requires(*ROLES)
def act_for() -> Redirect:
    """Go on under another of one's memberships."""
    person = signed_in()
    try:
        membership_id = UUID(request.form.get("membership", ""))
    except ValueError:
        return redirect("/account")
    with transaction() as session:
        entrance = switch_to(session, person.user_id, membership_id) if person else None
    if entrance is None or person is None:
        return redirect("/account")
    return go_on(entrance, "/")


def _page(errors: dict[str, str]) -> str:
    asked = request.values
    way = safe_path(asked.get("next"), "")
    return render_template("accounts/sign_in.html", errors=errors, email=asked.get("email", ""), next=way)
