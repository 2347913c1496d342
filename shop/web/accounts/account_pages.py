"""/account: name, language, password, where one is signed in, for whom one acts."""

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _

from foundation.access import requires
from foundation.database import transaction
from foundation.formats import LANGUAGES
from foundation.settings import current_settings
from shop.accounts.passwords import password_fits
from shop.accounts.people import ROLES, User
from shop.accounts.person_names import person_name
from shop.accounts.sessions import open_sessions, revoke_sessions
from shop.accounts.signing_in import (
    TRIES_PER_ACCOUNT,
    change_password,
    choices_of,
    forget_tries_of,
    switch_to,
    wait_from,
)
from shop.web.accounts.blueprint import Answer, accounts
from shop.web.accounts.identification import let_on, signed_in
from shop.web.accounts.sentences import found, name_sentence, password_sentence, retry_after, wait_sentence
from shop.web.accounts.web_session import browser_session

_CHANGE = "change-password"
_REFERENCE_LENGTH = 16


@accounts.get("/account")
@requires(*ROLES)
def account() -> Answer:
    """One's own account."""
    return _page({})


@accounts.post("/account/dati")
@requires(*ROLES)
def account_change() -> Answer:
    """Change name and language of the mails."""
    name, language = request.form.get("name", ""), request.form.get("language", "")
    errors = found({"name": name_sentence(name)})
    person = signed_in()
    if errors or person is None:
        return _page(errors), 422
    with transaction() as session:
        user = session.get_one(User, person.user_id)
        user.name = person_name(name) or user.name
        user.locale = language if language in LANGUAGES else user.locale
    flash(_("Dati salvati."), "success")
    return redirect("/account")


@accounts.post("/account/password")
@requires(*ROLES)
def account_password() -> Answer:
    """Change the password: it takes the old one, and every other session ends."""
    old, new = request.form.get("old_password", ""), request.form.get("password", "")
    person = signed_in()
    if person is None:
        return redirect("/accedi")
    entrance, settings = None, current_settings()
    wait = wait_from(settings, _CHANGE, str(person.user_id), TRIES_PER_ACCOUNT)
    if wait is not None:
        return _page({"old_password": wait_sentence(wait)}), 429, retry_after(wait)
    with transaction() as session:
        user = session.get_one(User, person.user_id)
        wrong = None if password_fits(user.password_hash, old) else _("La password attuale non è questa.")
        errors = found({"old_password": wrong, "password": password_sentence(new, user.email)})
        if not errors:
            change_password(session, user.id, new)
            revoke_sessions(session, user.id, but=browser_session().token)
            entrance = switch_to(session, user.id, person.membership_id)
    if errors:
        return _page(errors), 422
    forget_tries_of(settings, _CHANGE, str(person.user_id))
    if entrance is not None:
        let_on(person.user_id, entrance.membership)
    flash(_("Password cambiata. Le altre sessioni sono chiuse."), "success")
    return redirect("/account")


@accounts.post("/account/sessioni")
@requires(*ROLES)
def account_sessions() -> Answer:
    """End one other session, or all of them."""
    person = signed_in()
    reference = request.form.get("session", "")
    if person is not None:
        only = reference if len(reference) == _REFERENCE_LENGTH else None
        with transaction() as session:
            ended = revoke_sessions(session, person.user_id, but=browser_session().token, only=only)
        flash(_("Sessioni chiuse: %(count)s.", count=ended), "success")
    return redirect("/account")


def _page(errors: dict[str, str]) -> str:
    person = signed_in()
    assert person is not None  # noqa: S101 - every route of this page asks for a role of a person
    with transaction() as session:
        sessions = open_sessions(session, person.user_id, browser_session().token)
        choices = choices_of(session, person.user_id)
        user = session.get_one(User, person.user_id)
    return render_template(
        "accounts/account.html",
        errors=errors,
        person=person,
        user=user,
        sessions=sessions,
        choices=[one for one in choices if one.membership_id != person.membership_id],
        form=request.form,
    )
