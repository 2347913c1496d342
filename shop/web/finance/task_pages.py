"""/desk/compiti: what waits for a person of finance, and closing it with a note."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from foundation import clock
from foundation.access import requires
from foundation.database import transaction
from shop.orders.order_book import Order
from shop.payments.late_payments import late_payments
from shop.payments.task_list import kinds_open, lock_task, open_tasks, resolve_task
from shop.web.finance.reading import FINANCE, PAGE, id_of, person, text_of

blueprint = Blueprint("desk_tasks", __name__, url_prefix="/desk/compiti")


@blueprint.get("")
@requires(*FINANCE)
def index() -> str:
    """Open tasks, oldest first, a page at a time."""
    kind = text_of("tipo")
    with transaction() as session:
        kinds = kinds_open(session)
        found = open_tasks(session, kind=kind if kind in kinds else "", after=id_of("da"), limit=PAGE + 1)
    rows = found[:PAGE]
    following = url_for("desk_tasks.index", tipo=kind or None, da=rows[-1][0].id if rows else None)
    return render_template(
        "finance/tasks.html",
        rows=rows,
        kind=kind,
        kinds=kinds,
        now=clock.now(),
        next_url=following if len(found) > PAGE else "",
        previous_url=url_for("desk_tasks.index", tipo=kind or None) if id_of("da") else "",
    )


@blueprint.get("/<uuid:task_id>")
@requires(*FINANCE)
def show(task_id: UUID) -> str:
    """One task with what was seen, and the form that closes it."""
    return _page(task_id, {})


@blueprint.post("/<uuid:task_id>")
@requires(*FINANCE)
def resolve(task_id: UUID) -> Response | tuple[str, int]:
    """Close a task with a note of what was done."""
    note = text_of("nota", 500)
    if not note:
        return _page(task_id, {"nota": _("Scrivi che cosa hai fatto: lo legge chi viene dopo.")}), 422
    with transaction() as session:
        resolve_task(session, lock_task(session, task_id), note, person())
    flash(_("Compito chiuso."), "success")
    return redirect(url_for("desk_tasks.index"), 303)


def _page(task_id: UUID, errors: dict[str, str]) -> str:
    with transaction() as session:
        task = lock_task(session, task_id)
        order = session.get(Order, task.order_id) if task.order_id else None
        late = bool(order is not None and late_payments(session, order))
    return render_template("finance/task.html", task=task, order=order, late=late, errors=errors, now=clock.now())
