"""/desk/contratti: which e-invoicing contracts were signed, by whom, when, and which text (F003-19)."""

from flask import Blueprint, render_template, url_for

from entitlements.contracts.signatures import signatures
from entitlements.web.reading import DESK, PAGE, id_arg, text_arg
from foundation.access import requires
from foundation.database import transaction

blueprint = Blueprint("desk_contracts", __name__)


@blueprint.get("/desk/contratti")
@requires(*DESK)
def index() -> str:
    """Signatures, newest first, found by name or number."""
    search, before = text_arg("q"), id_arg("before")
    with transaction() as session:
        rows = signatures(session, search, before, PAGE + 1)
    last = rows[PAGE - 1].signature.id if len(rows) > PAGE else None
    return render_template(
        "entitlements/contracts/list.html",
        rows=rows[:PAGE],
        search=search,
        next_url=url_for("desk_contracts.index", q=search or None, before=last) if last else "",
        previous_url=url_for("desk_contracts.index", q=search or None) if before else "",
    )
