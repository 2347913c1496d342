"""The proforma: no fiscal number, every figure of the order, and no text in it is ever markup."""

from typing import Any

import pytest
from flask_babel import force_locale

from pricing import Money
from shop import Order
from shop.documents import typeset
from shop.orders.order_book import OrderLine, lines_of, vat_of
from shop.orders.order_states import OrderState
from shop.orders.transfer_instructions import transfer_instructions
from shop.web.proforma import proforma_values
from tests.conftest import Transact
from tests.factories import a_studio
from tests.shop.orders.qr_reading import grid_of, text_in
from tests.stories import an_order, stock_the_shop

HOSTILE = (
    '#panic("x")',
    "$ x $ *grassetto* _corsivo_ `codice` <etichetta> @rif",
    '"} #import "@preview/x:1.0.0": *',
    "<script>alert(1)</script>",
    "Łódź Ελλάδα 東京 🧾",
    "\\u{0} \\n // commento /* aperto",
)


@pytest.fixture
def placed(tx: Transact) -> tuple[Order, list[OrderLine]]:
    """An order of two lines' worth, to be paid by transfer."""
    with tx() as session:
        stock_the_shop(session)
        order = an_order(session, a_studio(session, name="Ferraris & Conti"), "LITE-10", 3, "bank_transfer")
        return order, lines_of(session, order.id)


def values_of(
    tx: Transact, placed: tuple[Order, list[OrderLine]], paid: int = 0, language: str = "it"
) -> dict[str, Any]:
    """What the document shows."""
    with tx(), force_locale(language):
        return proforma_values(*placed, paid)


def test_it_says_what_it_is_and_carries_every_figure(tx: Transact, placed: tuple[Order, list[OrderLine]]) -> None:
    order, lines = placed
    shown = str(values_of(tx, placed)).replace("\\xa0", " ")
    assert "PROFORMA - non è una fattura" in shown
    assert f"Ordine {order.number}" in shown
    for cents in (lines[0].net_cents, order.net_cents, vat_of(order)[0][1], order.gross_cents):
        assert f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02} €" in shown
    assert "IVA 22%" in shown
    assert "Ferraris & Conti" in shown


def test_its_code_asks_for_what_is_missing(tx: Transact, placed: tuple[Order, list[OrderLine]]) -> None:
    order, _lines = placed
    pay = values_of(tx, placed, paid=10_000)["pay"]
    assert isinstance(pay, dict)
    with tx():
        from foundation.settings import current_settings  # noqa: PLC0415 - needs the application

        told = transfer_instructions(current_settings().seller, order.rf_reference, Money(order.gross_cents - 10_000))
    assert f'd="{told.qr.path}"' in pay["qr"]
    assert text_in(grid_of(told.qr.path, told.qr.size)) == told.payload


def test_a_paid_order_has_nothing_to_pay(tx: Transact, placed: tuple[Order, list[OrderLine]]) -> None:
    assert values_of(tx, placed, paid=placed[0].gross_cents)["pay"] is None


@pytest.mark.parametrize(
    ("state", "stamp"),
    [
        ("CANCELLED", "ORDINE ANNULLATO"),
        ("EXPIRED", "ORDINE SCADUTO"),
        ("NEEDS_REQUOTE", "PREZZO NON PIÙ VALIDO"),
        ("AWAITING_PAYMENT", "PROFORMA - non è una fattura"),
    ],
)
def test_the_paper_of_a_closed_order_says_that_it_is_closed_and_asks_for_nothing(
    tx: Transact, placed: tuple[Order, list[OrderLine]], state: OrderState, stamp: str
) -> None:
    placed[0].state = state
    values = values_of(tx, placed, paid=100)
    assert values["stamp"] == stamp
    assert ("Da pagare" in str(values["paid"])) == (state == "AWAITING_PAYMENT")


def test_a_part_of_a_year_is_told_so_that_the_line_multiplies_out(
    tx: Transact, placed: tuple[Order, list[OrderLine]]
) -> None:
    """M28: the price of a year alone would not explain the amount."""
    order, (line,) = placed
    detail = {"part": 8, "whole": 12, "counted": "MONTHS", "ends_on": "2027-01-01", "fixed": True}
    assert _under(tx, (order, [line])) == ""
    line.term, line.net_cents = detail, 2 * line.unit_net_cents + 1
    unit = f"{line.unit_net_cents // 100},{line.unit_net_cents % 100:02} €"
    assert _under(tx, (order, [line])) == f"3 × {unit} × 8/12 + 0,01 € · fino al 31/12/2026"
    line.term, line.net_cents = detail | {"part": 24}, 6 * line.unit_net_cents
    assert _under(tx, (order, [line])) == f"3 × {unit} × 2 anni · fino al 31/12/2026"
    # What begins or goes on with its payment ends by it: its last day is not known yet.
    line.term, line.net_cents = detail | {"fixed": False}, 2 * line.unit_net_cents
    assert _under(tx, (order, [line])) == f"3 × {unit} × 8/12"
    line.term = detail | {"part": 240, "whole": 360, "counted": "DAYS", "fixed": False}
    assert _under(tx, (order, [line])) == f"3 × {unit} × 240/360 giorni"
    # Ordered before the fraction was kept.
    line.term = {"months": 8, "years": None, "fixed": False}
    assert _under(tx, (order, [line])) == f"3 × {unit} × 8/12"


def _under(tx: Transact, placed: tuple[Order, list[OrderLine]]) -> str:
    """What stands under the description of the only line."""
    (row,) = values_of(tx, placed)["lines"]
    return str(row["detail"]).replace("\xa0", " ")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_stands_in_a_name_is_printed_and_never_obeyed(
    tx: Transact, placed: tuple[Order, list[OrderLine]], hostile: str
) -> None:
    order, _lines = placed
    order.billing = order.billing | {"name": hostile, "street": hostile, "city": hostile}
    order.purchase_order_ref = hostile
    assert typeset("proforma", values_of(tx, placed)).startswith(b"%PDF-")


def test_a_hundred_lines_make_several_pages(tx: Transact, placed: tuple[Order, list[OrderLine]]) -> None:
    order, lines = placed
    pages = [typeset("proforma", values_of(tx, (order, lines * count))).count(b"/MediaBox") for count in (1, 100)]
    assert pages[0] == 1
    assert pages[1] > 1
