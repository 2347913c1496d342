"""/desk/finanza/movimenti/<id>: one line from the bank, what it pays, what is suggested, who did what and when."""

from uuid import UUID

from flask import Blueprint, render_template

from foundation.access import requires
from foundation.database import transaction
from shop.payments.money_in import BankLine
from shop.transfers import LineNotFound, unallocated
from shop.transfers.bank_lines import payment_of
from shop.transfers.desk_lists import orders_to_pay
from shop.transfers.known_lines import TRANSFER
from shop.transfers.line_history import history_of
from shop.transfers.references import references_in
from shop.transfers.replacing import confirmed_alike
from shop.transfers.suggestions import suggest
from shop.web.finance.reading import FINANCE, person, text_of

blueprint = Blueprint("desk_line", __name__)


@blueprint.get("/desk/finanza/movimenti/<uuid:line_id>")
@requires(*FINANCE)
def show(line_id: UUID) -> str:
    """A transfer with its whole story, and a search for the order it is for."""
    search = text_of("q")
    with transaction() as session:
        line = session.get(BankLine, line_id)
        if line is None or line.kind != TRANSFER:
            raise LineNotFound
        payment = payment_of(session, line.id)
        left = unallocated(session, payment)
        history = history_of(session, line, payment)
        suggested = suggest(session, [(line, left)])[line.id] if left > 0 else ()
        found = orders_to_pay(session, search) if search and left > 0 else None
        alike = confirmed_alike(session, line) if line.state == "UNIDENTIFIED" else []
        named = [one.number for one in references_in(line.remittance, line.end_to_end_id) if one.certain]
    return render_template(
        "finance/line.html",
        line=line,
        left=left,
        history=history,
        suggested=suggested,
        found=found,
        search=search,
        alike=alike,
        whose=history.orders[0][0].number if history.orders else next(iter(named), None),
        me=person().user_id,
    )
