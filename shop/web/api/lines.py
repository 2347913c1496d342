"""Lines of a quote or an order as a program sends them: products that exist, each once, for companies of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from entitlements import COMPANY, Party, holders_of_licences
from foundation.api import Flag, Identifier, Inner, InvalidFields, Many, Shape, Text, Whole, field_problem
from foundation.problems import FieldProblem
from pricing import MAXIMUM_QUANTITY, MAXIMUM_YEARS
from shop.addons.asking import companies_reached
from shop.addons.company_services import ServiceChoice
from shop.cart_views import goes_to_a_wallet
from shop.carts import MOST_LINES
from shop.catalogue import PriceBookView
from shop.catalogue.agreements import MOST_OF_A_CODE
from shop.wanted_lines import WantedLine

FEWEST = 1


class LineShape(Shape):
    """Packs of one product."""

    sku = Text(64, 1, required=True, metadata={"description": "A product of the catalogue."})
    quantity = Whole(1, MAXIMUM_QUANTITY, required=True, metadata={"description": "Packs."})
    for_company = Identifier(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The company a service, a pack or a top-up is for; null: the buyer's own pool, or itself."
        },
    )
    renews = Identifier(
        load_default=None,
        allow_none=True,
        metadata={"description": "The licence of a running service to renew; null: a new one."},
    )


def extension_field() -> Flag:
    """The field `extend_active_services` of a request."""
    about = "Extend the active services to the end of what is bought, where months are missing."
    return Flag(load_default=True, metadata={"description": about})


def years_field() -> Whole:
    """The field `years` of a request."""
    return Whole(1, MAXIMUM_YEARS, load_default=1, metadata={"description": "Years of every renewal."})


def agreement_field() -> Text:
    """The field `agreement_code` of a request."""
    about = "The code of an agreement (codice convenzione); one that does not count is refused with its reason."
    return Text(MOST_OF_A_CODE, load_default=None, allow_none=True, metadata={"description": about})


def lines_field() -> Many:
    """The field `lines` of a request."""
    return Many(Inner(LineShape), MOST_LINES, FEWEST, required=True)


def wanted_lines(
    session: Session, asked: Sequence[dict[str, Any]], book: PriceBookView, party_id: UUID
) -> list[WantedLine]:
    """The lines asked for. Raises InvalidFields naming every line that cannot be priced at all."""
    buyer = session.get_one(Party, party_id)
    lines = [_wanted(line, book, buyer) for line in asked]
    named = {line.for_party_id for line in lines if line.for_party_id is not None}
    own = companies_reached(session, party_id, named)
    holders = holders_of_licences(session, {line.renews for line in lines if line.renews is not None})
    problems = [problem for place in range(len(lines)) for problem in _problems(lines, place, book, own)]
    for place, line in enumerate(lines):
        problems += _renewal_problems(line, place, own, holders)
    if problems:
        raise InvalidFields(problems)
    return lines


def choices_for(lines: Sequence[WantedLine], asked: dict[str, Any]) -> dict[UUID, ServiceChoice]:
    """How the services of every company named are bought: as the request says, for all alike."""
    choice = ServiceChoice(asked["extend_active_services"], asked["years"])
    return {line.for_party_id: choice for line in lines if line.for_party_id is not None}


def _wanted(line: dict[str, Any], book: PriceBookView, buyer: Party) -> WantedLine:
    """A line; a service that a company buys without naming anybody is for itself."""
    product = book.by_sku.get(line["sku"])
    itself = buyer.id if buyer.kind == COMPANY and product is not None and product.is_service else None
    return WantedLine(line["sku"], line["quantity"], line["for_company"] or itself, line["renews"])


def _problems(lines: list[WantedLine], place: int, book: PriceBookView, own: dict[UUID, str]) -> Iterator[FieldProblem]:
    line, root = lines[place], f"/lines/{place}"
    product = book.by_sku.get(line.sku)
    if product is None:
        yield FieldProblem(f"{root}/sku", "unknown_product", _("Questo prodotto non è nel catalogo."))
    if line in [replace(other, quantity=line.quantity) for other in lines[:place]]:
        yield field_problem(root, "repeated")
    if line.renews is not None and (product is None or not product.is_service or line.for_party_id is None):
        yield field_problem(f"{root}/renews", "invalid")
    if line.for_party_id is None:
        return
    if line.for_party_id not in own:
        yield FieldProblem(f"{root}/for_company", "unknown_company", _("Questa azienda non è tra quelle che segui."))
    elif product is not None and not goes_to_a_wallet(product) and not product.is_service:
        yield FieldProblem(f"{root}/for_company", "not_for_a_company", _("I coupon non si comprano per un’azienda."))


def _renewal_problems(
    line: WantedLine, place: int, own: dict[UUID, str], holders: dict[UUID, UUID]
) -> Iterator[FieldProblem]:
    """A stranger's licence is told exactly as one that does not exist."""
    if line.renews is None or line.for_party_id is None:
        return
    if line.for_party_id not in own or holders.get(line.renews) != line.for_party_id:
        sentence = _("Questa azienda non ha un servizio con questo identificativo.")
        yield FieldProblem(f"/lines/{place}/renews", "unknown_licence", sentence)
