"""The home page and the choice of language."""

from flask import redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from foundation.access import public
from foundation.database import transaction
from foundation.formats import LANGUAGE_COOKIE, LANGUAGES
from foundation.principal import current_principal
from foundation.settings import current_settings
from shop.studio_overview import studio_overview
from shop.web.accounts.blueprint import accounts
from shop.web.accounts.identification import signed_in
from shop.web.accounts.safe_ways import safe_path

_A_YEAR = 365 * 24 * 3600


@accounts.get("/")
@public
def home() -> str:
    """What can be done from here: a studio's three sections (F003-02), a company, a desk, or what Gettone is."""
    principal = current_principal()
    if principal is None:
        return render_template("accounts/home_anonymous.html")
    person = signed_in()
    if principal.is_company:
        return render_template("accounts/home_company.html", person=person, is_owner=principal.role == "company_owner")
    if not principal.is_studio or principal.party_id is None:
        return render_template("accounts/home_desk.html", person=person)
    with transaction() as session:
        overview = studio_overview(session, principal.party_id)
    return render_template("accounts/home_studio.html", person=person, overview=overview)


@accounts.post("/lingua")
@public
def choose_language() -> Redirect:
    """Remember the language in this browser and go back."""
    answer = redirect(safe_path(request.form.get("next")))
    wanted = request.form.get("language", "")
    if wanted in LANGUAGES:
        secure = current_settings().secure_cookies
        answer.set_cookie(LANGUAGE_COOKIE, wanted, max_age=_A_YEAR, secure=secure, httponly=True, samesite="Lax")
    return answer
