"""/nomina-trattamento-dati: the text an invited client accepts about its studio and its data (art. 28 GDPR)."""

from flask import Blueprint, render_template

from foundation.access import public
from shop.orders.placing import TERMS_VERSION

blueprint = Blueprint("invitation_terms", __name__)


@blueprint.get("/nomina-trattamento-dati")
@public
def data_processing() -> str:
    """The appointment, in the version that is accepted today."""
    return render_template("invitations/data_processing.html", version=TERMS_VERSION)
