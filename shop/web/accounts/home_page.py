"""The home page and the choice of language."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from foundation.access import public
from foundation.formats import LANGUAGE_COOKIE, LANGUAGES
from foundation.settings import current_settings
from shop.web.accounts.safe_ways import safe_path

pages = Blueprint("home", __name__)
_A_YEAR = 365 * 24 * 3600


@pages.get("/")
@public
def home() -> str:
    """What can be done from here, by role."""
    return render_template("accounts/home.html")


@pages.post("/lingua")
@public
def choose_language() -> Redirect:
    """Remember the language in this browser and go back."""
    answer = redirect(safe_path(request.form.get("next")))
    wanted = request.form.get("language", "")
    if wanted in LANGUAGES:
        secure = current_settings().secure_cookies
        answer.set_cookie(LANGUAGE_COOKIE, wanted, max_age=_A_YEAR, secure=secure, httponly=True, samesite="Lax")
    return answer
