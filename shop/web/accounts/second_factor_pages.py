"""The second factor: asked after the password (/accedi/verifica), set up and dropped in the account."""

import io

import segno
from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from foundation.access import SECOND_FACTOR_PATH, public, requires
from foundation.database import transaction
from foundation.principal import NEEDS_SECOND_FACTOR
from foundation.settings import current_settings
from shop.accounts.people import ROLES, User
from shop.accounts.second_factor import (
    accept_code,
    acceptable_code,
    drop_second_factor,
    provisioning_uri,
    secret_of,
    wait_before_code,
)
from shop.accounts.signing_in import switch_to
from shop.web.accounts.blueprint import Answer, accounts
from shop.web.accounts.coming_in import Pending, finish, pending
from shop.web.accounts.identification import let_in, signed_in
from shop.web.accounts.sentences import retry_after, wait_sentence

SETTINGS_PATH = "/account/secondo-fattore"


@accounts.get(SECOND_FACTOR_PATH)
@public
def second_factor() -> Answer:
    """Ask for the code; at the first time, show what to set up."""
    owing = _owing()
    if owing is None:
        return redirect("/accedi")
    with transaction() as session:
        user = session.get_one(User, owing.user_id)
        return _page(user, SECOND_FACTOR_PATH, {}) if owing.still_holds(user) else redirect("/accedi")


@accounts.post(SECOND_FACTOR_PATH)
@public
def second_factor_submit() -> Answer:
    """Sign in with the code."""
    owing = _owing()
    if owing is None:
        return redirect("/accedi")
    wait = wait_before_code(owing.user_id)
    with transaction() as session:
        user = session.get_one(User, owing.user_id)
        if not owing.still_holds(user):
            return redirect("/accedi")
        if wait is not None:
            return _page(user, SECOND_FACTOR_PATH, {"": wait_sentence(wait)}), 429, retry_after(wait)
        accepted = accept_code(session, current_settings().secret_key, user, request.form.get("code", ""))
        entrance = switch_to(session, owing.user_id, owing.membership_id) if accepted else None
        if entrance is None:
            return _page(user, SECOND_FACTOR_PATH, {"code": _wrong()}), 422
    finish(entrance, second_factor=True)
    return redirect(owing.way)


def _owing() -> Pending | None:
    """Who must show a code: after the first proof, or signed in without it under a role that needs it."""
    after_proof, person = pending(), signed_in()
    if after_proof is not None or person is None or person.second_factor:
        return after_proof
    return Pending(person.user_id, person.membership_id, None, "/")


@accounts.get(SETTINGS_PATH)
@requires(*ROLES)
def second_factor_settings() -> Answer:
    """Set the second factor up, or drop it."""
    person = signed_in()
    if person is None:
        return redirect("/accedi")
    with transaction() as session:
        return _page(session.get_one(User, person.user_id), SETTINGS_PATH, {})


@accounts.post(SETTINGS_PATH)
@requires(*ROLES)
def second_factor_change() -> Answer:
    """With a valid code: set it up, or drop it where the role does not need it."""
    person = signed_in()
    if person is None:
        return redirect("/accedi")
    wait = wait_before_code(person.user_id)
    with transaction() as session:
        user = session.get_one(User, person.user_id)
        if wait is not None:
            return _page(user, SETTINGS_PATH, {"": wait_sentence(wait)}), 429, retry_after(wait)
        enrolled = user.totp_confirmed_at is not None
        if not accept_code(session, current_settings().secret_key, user, request.form.get("code", "")):
            return _page(user, SETTINGS_PATH, {"code": _wrong()}), 422
        if enrolled and person.role not in NEEDS_SECOND_FACTOR:
            drop_second_factor(session, user)
        entrance = switch_to(session, person.user_id, person.membership_id)
    flash(_("Verifica in due passaggi disattivata.") if enrolled else _("Verifica in due passaggi attiva."), "success")
    if entrance is not None:
        let_in(person.user_id, entrance.membership, second_factor=not enrolled)
    return redirect("/account")


def _page(user: User, path: str, errors: dict[str, str]) -> str:
    settings = current_settings()
    enrolled = user.totp_confirmed_at is not None
    uri = provisioning_uri(settings.secret_key, user)
    return render_template(
        "accounts/second_factor.html",
        errors=errors,
        enrolled=enrolled,
        path=path,
        secret=None if enrolled else secret_of(settings.secret_key, user),
        qr_code=None if enrolled else qr_code(uri, _("Codice QR per l’app di autenticazione")),
        sandbox_code=acceptable_code(settings.secret_key, user) if settings.sandbox else None,
    )


def qr_code(text: str, label: str) -> Markup:
    """A QR code as SVG without a word of style, which the content policy would refuse."""
    drawn = io.BytesIO()
    code = segno.make(text, error="m")
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, svgclass="g-qr", lineclass=None, border=2)
    svg = drawn.getvalue().decode()
    return Markup('<div role="img" aria-label="{}">').format(label) + Markup(svg) + Markup("</div>")  # noqa: S704


def _wrong() -> str:
    return str(_("Il codice non corrisponde o è già stato usato. Aspetta il prossimo e riprova."))
