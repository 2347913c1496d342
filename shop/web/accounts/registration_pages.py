"""Registration of a studio or a company and confirmation of the owner's address: /registrati, /conferma/<token>."""

from datetime import timedelta

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _

from entitlements import COMPANY, STUDIO, StudioData, check_studio, referrer_with
from foundation.access import public, requires
from foundation.database import transaction
from foundation.formats import language
from foundation.settings import current_settings
from foundation.throttle import Limit
from shop.accounts.mailed_links import CONFIRM_EMAIL, MailedLinkRefused, believe_link, confirm_email, send_link
from shop.accounts.people import ROLES, User
from shop.accounts.registration import Registration, register
from shop.accounts.signing_in import wait_from
from shop.web.accounts.blueprint import Answer, accounts
from shop.web.accounts.identification import signed_in
from shop.web.accounts.over import link_over
from shop.web.accounts.sentences import (
    found,
    name_sentence,
    password_sentence,
    problem_sentences,
    retry_after,
    wait_sentence,
)

REGISTRATIONS_PER_ADDRESS = Limit(20, timedelta(hours=1))
CONFIRMATIONS_PER_PERSON = Limit(5, timedelta(hours=1))


@accounts.get("/registrati")
@public
def register_form() -> Answer:
    """The registration form of a studio."""
    return _form(STUDIO, _by_link(), {})


@accounts.get("/registrati/azienda")
@public
def register_company_form() -> Answer:
    """The registration form of a company."""
    return _form(COMPANY, _by_link(), {})


@accounts.post("/registrati")
@public
def register_submit() -> Answer:
    """Register the studio; the answer is the same for addresses and studios known already."""
    return _registered(STUDIO)


@accounts.post("/registrati/azienda")
@public
def register_company_submit() -> Answer:
    """Register the company; the answer is the same for addresses and companies known already (M6)."""
    return _registered(COMPANY)


def _registered(kind: str) -> Answer:
    form = request.form.to_dict()
    data, errors = _checked(form)
    if data is None or errors:
        return _form(kind, form, errors), 422
    settings = current_settings()
    wait = wait_from(settings, "register-from", request.remote_addr or "", REGISTRATIONS_PER_ADDRESS)
    if wait is not None:
        return _form(kind, form, {"": wait_sentence(wait)}), 429, retry_after(wait)
    with transaction() as session:
        register(session, _asked(data, form, kind))
    return render_template("accounts/look_in_your_mail.html", email=data.email, what="registration")


def _by_link() -> dict[str, str]:
    """The code of a referral link, so that whoever follows it need not type it."""
    return {"referral": request.args.get("referral", "")[:20]}


def _asked(data: StudioData, form: dict[str, str], kind: str) -> Registration:
    name, password = form["owner_name"].strip(), form["password"]
    return Registration(data, name, password, language(), kind, form.get("referral", "").strip())


def _form(kind: str, form: dict[str, str], errors: dict[str, str]) -> str:
    page = "accounts/register_company.html" if kind == COMPANY else "accounts/register.html"
    return render_template(page, form=form, errors=errors)


def _checked(form: dict[str, str]) -> tuple[StudioData | None, dict[str, str]]:
    checked = check_studio(form)
    own = {
        "owner_name": name_sentence(form.get("owner_name", "")),
        "password": password_sentence(form.get("password", ""), form.get("email", "")),
        "referral": _referral_sentence(form.get("referral", "").strip()),
        "terms": None if form.get("terms") else _("Per registrarti leggi e accetta le condizioni."),
    }
    return checked.data, problem_sentences(checked.errors) | found(own)


def _referral_sentence(typed: str) -> str | None:
    """Why this referral code is refused, or None; no code is no mistake."""
    if not typed:
        return None
    with transaction() as session:
        known = referrer_with(session, typed) is not None
    return None if known else str(_("Nessuno ha questo codice: controllalo, o lascia vuoto."))


@accounts.get("/conferma/<token>")
@public
def confirm_page(token: str) -> Answer:
    """A page with one button: opening the link changes nothing."""
    try:
        with transaction() as session:
            user = believe_link(session, current_settings().secret_key, CONFIRM_EMAIL, token)
    except MailedLinkRefused:
        return link_over(kind="confirm")
    return render_template("accounts/confirm_email.html", email=user.email)


@accounts.post("/conferma/<token>")
@public
def confirm_submit(token: str) -> Answer:
    """Confirm the address."""
    try:
        with transaction() as session:
            confirm_email(session, current_settings().secret_key, token)
    except MailedLinkRefused:
        return link_over(kind="confirm")
    flash(_("Indirizzo confermato. Ora puoi ordinare."), "success")
    return redirect("/" if signed_in() else "/accedi")


@accounts.post("/account/conferma")
@requires(*ROLES)
def confirm_again() -> Answer:
    """Send the confirmation link once more."""
    person = signed_in()
    if person is not None and not person.email_confirmed:
        wait = wait_from(current_settings(), "confirm-again", person.email, CONFIRMATIONS_PER_PERSON)
        if wait is not None:
            flash(wait_sentence(wait), "warning")
            return redirect("/account")
        with transaction() as session:
            send_link(session, session.get_one(User, person.user_id), CONFIRM_EMAIL)
        flash(_("Ti abbiamo scritto a %(email)s.", email=person.email), "success")
    return redirect("/account")
