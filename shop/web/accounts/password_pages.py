"""A forgotten password: /password asks for a link by mail, /password/<token> sets a new one."""

from datetime import timedelta

from flask import flash, render_template, request
from flask_babel import gettext as _

from entitlements import Problem, check_email
from foundation.access import public
from foundation.database import transaction
from foundation.formats import language
from foundation.settings import current_settings
from foundation.throttle import Limit
from shop.accounts.mailed_links import RESET_PASSWORD, MailedLinkRefused, believe_link
from shop.accounts.registration import ask_for_reset, reset_password
from shop.accounts.signing_in import entrance_of, forget_sign_in_tries, normal_email, note_entrance, wait_from
from shop.web.accounts.blueprint import Answer, accounts
from shop.web.accounts.coming_in import come_in
from shop.web.accounts.over import link_over
from shop.web.accounts.sentences import (
    found,
    password_sentence,
    problem_sentences,
    retry_after,
    wait_sentence,
)

RESETS_PER_ADDRESS = Limit(20, timedelta(minutes=15))
RESETS_PER_PERSON = Limit(3, timedelta(hours=1))


@accounts.get("/password")
@public
def reset_form() -> Answer:
    """Ask for a link that sets a new password."""
    return render_template("accounts/reset_ask.html", email=request.args.get("email", ""), errors={})


@accounts.post("/password")
@public
def reset_ask() -> Answer:
    """Mail the link; the answer is the same for every address."""
    email, settings = request.form.get("email", ""), current_settings()
    checked = check_email(email)
    if isinstance(checked, Problem):
        return render_template("accounts/reset_ask.html", email=email, errors=problem_sentences((checked,))), 422
    wait = wait_from(settings, "reset-from", request.remote_addr or "", RESETS_PER_ADDRESS)
    if wait is not None:
        return (
            render_template("accounts/reset_ask.html", email=email, errors={"": wait_sentence(wait)}),
            429,
            retry_after(wait),
        )
    if wait_from(settings, "reset-for", normal_email(checked), RESETS_PER_PERSON) is None:
        with transaction() as session:
            ask_for_reset(session, checked, language())
    return render_template("accounts/look_in_your_mail.html", email=checked, what="reset")


@accounts.get("/password/<token>")
@public
def reset_page(token: str) -> Answer:
    """Choose a new password: opening the link changes nothing."""
    try:
        with transaction() as session:
            user = believe_link(session, current_settings().secret_key, RESET_PASSWORD, token)
    except MailedLinkRefused:
        return link_over(kind="reset")
    return render_template("accounts/reset.html", email=user.email, errors={})


@accounts.post("/password/<token>")
@public
def reset_submit(token: str) -> Answer:
    """Set the new password; every other session ends, the second factor is still asked."""
    password, settings = request.form.get("password", ""), current_settings()
    try:
        with transaction() as session:
            user = believe_link(session, settings.secret_key, RESET_PASSWORD, token)
            errors = found({"password": password_sentence(password, user.email)})
            if errors:
                return render_template("accounts/reset.html", email=user.email, errors=errors), 422
            reset_password(session, user, password)
            entrance = entrance_of(session, user)
            if entrance is not None:
                note_entrance(session, entrance, "reset")
    except MailedLinkRefused:
        return link_over(kind="reset")
    forget_sign_in_tries(settings, user.email)
    flash(_("Password cambiata. Le altre sessioni sono chiuse."), "success")
    return come_in(entrance, "/") if entrance else render_template("accounts/link_over.html", kind="no_studio")
