"""Lines of a quote or an order as a program sends them: products that exist, each once, for companies of its own."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from entitlements import names_of_own_companies
from foundation.api import Identifier, Inner, InvalidFields, Many, Shape, Text, Whole, field_problem
from foundation.problems import FieldProblem
from pricing import MAXIMUM_QUANTITY
from shop.cart_views import goes_to_a_wallet
from shop.carts import MOST_LINES
from shop.catalogue import PriceBookView
from shop.quotes import WantedLine

FEWEST = 1


class LineShape(Shape):
    """Packs of one product."""

    sku = Text(64, 1, required=True, metadata={"description": "A product of the catalogue."})
    quantity = Whole(1, MAXIMUM_QUANTITY, required=True, metadata={"description": "Packs."})
    for_company = Identifier(
        load_default=None,
        allow_none=True,
        metadata={"description": "The company a pack or top-up is for; null: the buyer's own pool."},
    )


def lines_field() -> Many:
    """The field `lines` of a request."""
    return Many(Inner(LineShape), MOST_LINES, FEWEST, required=True)


def wanted_lines(
    session: Session, asked: Sequence[dict[str, Any]], book: PriceBookView, party_id: UUID
) -> list[WantedLine]:
    """The lines asked for. Raises InvalidFields naming every line that cannot be priced at all."""
    lines = [WantedLine(line["sku"], line["quantity"], line["for_company"]) for line in asked]
    named = {line.for_party_id for line in lines if line.for_party_id is not None}
    own = names_of_own_companies(session, party_id, named)
    problems = [problem for place in range(len(lines)) for problem in _problems(lines, place, book, own)]
    if problems:
        raise InvalidFields(problems)
    return lines


def _problems(lines: list[WantedLine], place: int, book: PriceBookView, own: dict[UUID, str]) -> Iterator[FieldProblem]:
    line, root = lines[place], f"/lines/{place}"
    product = book.by_sku.get(line.sku)
    if product is None:
        yield FieldProblem(f"{root}/sku", "unknown_product", _("Questo prodotto non è nel catalogo."))
    if any((other.sku, other.for_party_id) == (line.sku, line.for_party_id) for other in lines[:place]):
        yield field_problem(root, "repeated")
    if line.for_party_id is None:
        return
    if line.for_party_id not in own:
        yield FieldProblem(f"{root}/for_company", "unknown_company", _("Questa azienda non è tra quelle che segui."))
    elif product is not None and not goes_to_a_wallet(product):
        yield FieldProblem(f"{root}/for_company", "not_for_a_company", _("I coupon non si comprano per un’azienda."))
