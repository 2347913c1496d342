"""The pages of the finance desk, as its stories reach them."""

from flask.testing import FlaskClient

from shop.payments.money_in import BankLine
from tests.browsing import Page, visit


def open_desk(client: FlaskClient, view: str) -> Page:
    """One list of the desk."""
    page = visit(client, f"/desk/finanza?vista={view}")
    assert page.status == 200
    return page


def line_path(line: BankLine) -> str:
    """The address of a line's page."""
    return f"/desk/finanza/movimenti/{line.id}"
