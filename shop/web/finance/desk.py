"""/desk/finanza: the lists of the finance desk, each with its count; the figures on top lead to them."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for
from sqlalchemy.orm import Session

from foundation import clock
from foundation.access import requires
from foundation.database import transaction
from shop.transfers.desk_lists import (
    ALL,
    BREACHED,
    HELD,
    SURPLUS,
    UNIDENTIFIED,
    WINDOW,
    currencies_of,
    desk_counts,
    lines_on_desk,
    orders_on_desk,
)
from shop.transfers.four_eyes import waiting_decisions
from shop.transfers.line_history import names_of
from shop.transfers.suggestions import suggest
from shop.web.finance.reading import FINANCE, PAGE, id_of, person, text_of

blueprint = Blueprint("desk_finance", __name__)

DECISIONS = "decisions"
# The names in addresses are Italian; the lists behind them are named in English.
VIEWS = {
    "finestra": WINDOW,
    "trattenuti": HELD,
    "oltre-24-ore": BREACHED,
    "non-identificati": UNIDENTIFIED,
    "eccedenti": SURPLUS,
    "da-confermare": DECISIONS,
    "movimenti": ALL,
}
_ORDERS = frozenset({WINDOW, HELD, BREACHED})


@blueprint.get("/desk/finanza")
@requires(*FINANCE)
def show() -> str:
    """One list with its filters, a page at a time; the first is of what runs by itself."""
    asked = {"vista": text_of("vista") if text_of("vista") in VIEWS else "finestra", "q": text_of("q")}
    view = VIEWS[asked["vista"]]
    with transaction() as session:
        counts = desk_counts(session)
        rows, last, more = _rows(session, view, asked["q"])
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return render_template(
        "finance/desk.html",
        asked=asked,
        view=view,
        counts=counts,
        rows=rows,
        more=more,
        now=clock.now(),
        me=person().user_id,
        next_url=url_for("desk_finance.show", **kept, da=last) if last else "",
        previous_url=url_for("desk_finance.show", **kept) if id_of("da") else "",
    )


def _rows(session: Session, view: str, search: str) -> tuple[list[Any], UUID | None, dict[str, Any]]:
    """The rows of a page, the cursor of the next, and what is shown beside them."""
    start = id_of("da")
    if view in _ORDERS:
        orders = orders_on_desk(session, view, search=search, after=start, limit=PAGE + 1)
        return [*orders[:PAGE]], orders[PAGE - 1].order.id if len(orders) > PAGE else None, {}
    if view == DECISIONS:
        decisions = waiting_decisions(session, PAGE + 1, start)
        people = {decision.asked_by_user_id for decision in decisions if decision.asked_by_user_id}
        shown = {"people": names_of(session, people), "currencies": currencies_of(session, decisions)}
        return [*decisions[:PAGE]], decisions[PAGE - 1].id if len(decisions) > PAGE else None, shown
    lines = lines_on_desk(session, view, search=search, before=start, limit=PAGE + 1)
    last = lines[PAGE - 1].line.id if len(lines) > PAGE else None
    open_lines = [(row.line, row.left_cents) for row in lines[:PAGE] if view != ALL]
    return [*lines[:PAGE]], last, {"suggestions": suggest(session, open_lines)}
