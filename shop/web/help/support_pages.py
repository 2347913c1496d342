"""/assistenza: a question to the support, and /condizioni, /privacy, /accessibilita."""

from datetime import timedelta

from flask import Response, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from entitlements import Problem, check_email
from foundation.access import public
from foundation.database import transaction
from foundation.formats import language
from foundation.principal import current_principal
from foundation.settings import current_settings
from foundation.throttle import Limit
from shop.accounts.signing_in import wait_from
from shop.accounts.support_requests import LONGEST_MESSAGE, LONGEST_SUBJECT, SupportRequest, ask_support
from shop.web.accounts.identification import signed_in
from shop.web.accounts.sentences import found, name_sentence, problem_sentences, retry_after, wait_sentence
from shop.web.help.blueprint import pages

REQUESTS_PER_ADDRESS = Limit(5, timedelta(hours=1))

Answer = str | Response | Redirect | tuple[str, int] | tuple[str, int, dict[str, str]]


@pages.get("/assistenza")
@public
def support() -> str:
    """The form, filled in with what is known of the person."""
    person = signed_in()
    known = {"name": person.name, "email": person.email} if person else {}
    return render_template("help/support.html", form=known | {"subject": request.args.get("oggetto", "")}, errors={})


@pages.post("/assistenza")
@public
def support_ask() -> Answer:
    """Mail the question to the vendor."""
    form, settings = request.form.to_dict(), current_settings()
    errors = _wrong(form)
    if errors:
        return render_template("help/support.html", form=form, errors=errors), 422
    wait = wait_from(settings, "support-from", request.remote_addr or "", REQUESTS_PER_ADDRESS)
    if wait is not None:
        return render_template("help/support.html", form=form, errors={"": wait_sentence(wait)}), 429, retry_after(wait)
    with transaction() as session:
        reference = ask_support(session, _request_of(form), settings.seller.email, language())
    flash(_("Richiesta inviata. Il codice è %(reference)s.", reference=reference), "success")
    return redirect("/assistenza")


def _wrong(form: dict[str, str]) -> dict[str, str]:
    email = check_email(form.get("email", ""))
    subject, message = " ".join(form.get("subject", "").split()), form.get("message", "").strip()
    about = _("Scrivi l’oggetto, al massimo %(count)s caratteri.", count=LONGEST_SUBJECT)
    asked = _("Scrivi la domanda, al massimo %(count)s caratteri.", count=LONGEST_MESSAGE)
    own = {
        "name": name_sentence(form.get("name", "")),
        "subject": None if 0 < len(subject) <= LONGEST_SUBJECT else about,
        "message": None if 0 < len(message) <= LONGEST_MESSAGE else asked,
    }
    wrong = found(own) | (problem_sentences((email,)) if isinstance(email, Problem) else {})
    return {name: wrong[name] for name in ("name", "email", "subject", "message") if name in wrong}


def _request_of(form: dict[str, str]) -> SupportRequest:
    person, principal = signed_in(), current_principal()
    return SupportRequest(
        name=" ".join(form["name"].split()),
        email=str(check_email(form["email"])),
        studio=person.party_name if person else "",
        subject=" ".join(form["subject"].split()),
        message=form["message"].strip(),
        party_id=principal.party_id if principal else None,
    )


@pages.get("/condizioni")
@public
def terms() -> str:
    """The general terms, with the numbers the checkout names."""
    return render_template("help/terms.html")


@pages.get("/privacy")
@public
def privacy() -> str:
    """Which data are kept, why and how long."""
    return render_template("help/privacy.html")


@pages.get("/accessibilita")
@public
def accessibility() -> str:
    """The accessibility statement."""
    return render_template("help/accessibility.html")
