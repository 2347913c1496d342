"""The searches of the activation form while somebody types; without scripts the form's own "Cerca" does the same."""

from flask import Blueprint, render_template

from entitlements.company_data import default_edition
from entitlements.web.activation_form import find_activities, find_places
from entitlements.web.reading import choice_arg, text_arg
from foundation import clock
from foundation.access import public

blueprint = Blueprint("activation_searches", __name__)


@blueprint.get("/attiva/comuni")
@public
def places() -> str:
    """Comuni whose name begins with what is typed, as suggestions of the field."""
    return render_template("entitlements/activation/place_options.html", places=find_places(text_arg("city", 60)))


@blueprint.get("/attiva/ateco")
@public
def activities() -> str:
    """Activities by code or words, to choose from."""
    edition = choice_arg("ateco_edition", ("2025", "2022", "2007"), default_edition(clock.today()))
    text = text_arg("ateco_code")
    return render_template(
        "entitlements/activation/activity_choices.html",
        activities=find_activities(text, edition) if text else None,
        searched=text,
        activity=None,
    )
