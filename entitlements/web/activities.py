"""/supporto: "Attività di supporto", what is on its way or went wrong, and what the studio may ask for (F003-14)."""

from flask import Blueprint, render_template

from entitlements.companies import requested_in
from entitlements.coupons.shelves import coupons_by_company
from entitlements.web.reading import STUDIO, studio
from foundation.access import requires
from foundation.database import transaction

blueprint = Blueprint("activities", __name__)

MOST_SHOWN = 50


@blueprint.get("/supporto")
@requires(*STUDIO)
def overview() -> str:
    """Activations in progress, activations that failed, with their support codes."""
    _principal, studio_id = studio()
    with transaction() as session:
        waiting = requested_in(session, studio_id, ("PROVISIONING",), MOST_SHOWN)
        failed = requested_in(session, studio_id, ("REJECTED",), MOST_SHOWN)
        coupons = coupons_by_company(session, studio_id, [company.id for company, _party in (*waiting, *failed)])
    return render_template("entitlements/support.html", waiting=waiting, failed=failed, coupons=coupons)
