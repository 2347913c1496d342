"""/desk/lavori: jobs that died and due rows that fail, each with a way to try again."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from entitlements.web.reading import DESK
from foundation.access import requires
from foundation.database import transaction
from foundation.jobs import count_jobs, dead_jobs, failing_due_rows, retry_due_row, retry_job

blueprint = Blueprint("desk_jobs", __name__)


@blueprint.get("/desk/lavori")
@requires(*DESK)
def overview() -> str:
    """What waits, what died, what fails."""
    with transaction() as session:
        counts = count_jobs(session)
        dead = dead_jobs(session)
        failing = failing_due_rows(session)
    return render_template("entitlements/desk/jobs.html", counts=counts, dead=dead, failing=failing)


@blueprint.post("/desk/lavori/<int:job_id>/riprova")
@requires(*DESK)
def retry(job_id: int) -> Response:
    """Put a dead job back into the queue."""
    with transaction() as session:
        found = retry_job(session, job_id)
    _tell(found=found)
    return redirect(url_for("desk_jobs.overview"), 303)


@blueprint.post("/desk/lavori/scadenze/<uuid:row_id>/riprova")
@requires(*DESK)
def retry_due(row_id: UUID) -> Response:
    """Give a failing due row all its tries again."""
    with transaction() as session:
        found = retry_due_row(session, row_id)
    _tell(found=found)
    return redirect(url_for("desk_jobs.overview"), 303)


def _tell(*, found: bool) -> None:
    if found:
        flash(_("Il lavoro riparte subito."), "success")
    else:
        flash(_("Questo lavoro non è più tra quelli fermi."), "info")
