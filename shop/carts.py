"""Carts: lines a buyer collects; one open cart per party, one per anonymous browser until it signs in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    bindparam,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import Executor, Identified, Model
from foundation.ids import new_id
from pricing import MAXIMUM_QUANTITY, MAXIMUM_YEARS
from shop.addons.company_services import ServiceChoice
from shop.catalogue import PriceBookView, Product, UnknownProduct

MOST_LINES = 100


class Cart(Identified, Model):
    """A cart; `version` moves with every change, so that a checkout knows what the buyer saw.

    `agreement_code` is what the buyer typed; whether it counts is asked with every price (F004-26).
    """

    __tablename__ = "carts"
    __table_args__ = (
        Index(
            "uq_carts_open_party",
            "party_id",
            unique=True,
            postgresql_where=text("state = 'OPEN' AND party_id IS NOT NULL"),
        ),
        CheckConstraint("state IN ('OPEN', 'ORDERED', 'MERGED')", name="state"),
    )

    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    state: Mapped[str] = mapped_column(String())
    version: Mapped[int]
    changed_at: Mapped[datetime]
    agreement_code: Mapped[str | None]


class CartLine(Identified, Model):
    """Packs of one product for one party (None: the buyer's own pool, D20), at the unit price seen when added.

    A line that renews a running service names its licence.
    """

    __tablename__ = "cart_lines"
    __table_args__ = (
        UniqueConstraint("cart_id", "sku", "for_party_id", "renews_licence_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(f"quantity BETWEEN 1 AND {MAXIMUM_QUANTITY}", name="quantity"),
    )

    cart_id: Mapped[UUID] = mapped_column(ForeignKey("carts.id"))
    sku: Mapped[str]
    quantity: Mapped[int]
    for_party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    renews_licence_id: Mapped[UUID | None] = mapped_column(ForeignKey("licences.id"))
    seen_net_cents: Mapped[int]


class CartCompany(Model):
    """How the services of one company are bought in a cart: extension on or off, years of a renewal (F004-11, -22)."""

    __tablename__ = "cart_companies"
    __table_args__ = (CheckConstraint(f"years BETWEEN 1 AND {MAXIMUM_YEARS}", name="years"),)

    cart_id: Mapped[UUID] = mapped_column(ForeignKey("carts.id"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    extend_active_services: Mapped[bool]
    years: Mapped[int]


_Whose = UUID | BindParameter[UUID] | None


def _open(party_id: _Whose, cart_id: _Whose) -> ColumnElement[bool]:
    """The open cart of a party, or the one of a browser while it belongs to nobody."""
    whose = Cart.party_id == party_id if party_id is not None else (Cart.id == cart_id) & Cart.party_id.is_(None)
    return (Cart.state == "OPEN") & whose


# Asked with every page, so these statements are made once.
_WHOSE: BindParameter[UUID] = bindparam("whose", type_=Uuid())
_LINES = select(func.count()).select_from(CartLine).join(Cart, Cart.id == CartLine.cart_id)
_LINES_OF_PARTY, _LINES_OF_BROWSER = _LINES.where(_open(_WHOSE, None)), _LINES.where(_open(None, _WHOSE))


class CartTooLong(Exception):
    """A cart holds at most `MOST_LINES` lines."""


class CartLineNotFound(Exception):
    """No such line in this cart."""


@dataclass(frozen=True, slots=True)
class CartContents:
    """A cart, its lines in the order they were added, and how each company's services are bought."""

    cart: Cart | None
    lines: tuple[CartLine, ...]
    choices: Mapping[UUID, ServiceChoice] = field(default_factory=dict)
    agreement_code: str | None = None


def open_cart(session: Session, party_id: UUID | None, cart_id: UUID | None) -> Cart:
    """The open cart of a party, or of a browser by its id, locked; made when there is none.

    The lock waits for a tab that is just ordering this cart: what is added after that goes into the next one.
    """
    values = {"party_id": party_id, "state": "OPEN", "version": 1}
    while True:
        query = select(Cart).where(_open(party_id, cart_id)).with_for_update()
        found = session.scalars(query).one_or_none() if party_id or cart_id else None
        if found is not None:
            return found
        row = insert(Cart).values(id=new_id(), changed_at=clock.now(), **values)
        created = session.execute(row.on_conflict_do_nothing().returning(Cart.id)).scalar()
        if created is not None:
            return session.get_one(Cart, created)


def find_cart(session: Session, party_id: UUID | None, cart_id: UUID | None) -> Cart | None:
    """The open cart, or None; an anonymous cart is found by its id only while it belongs to nobody."""
    if party_id is None and cart_id is None:
        return None
    return session.scalars(select(Cart).where(_open(party_id, cart_id))).one_or_none()


def contents(session: Session, cart: Cart | None) -> CartContents:
    """The cart with its lines, as they are now: what this session read before is read again."""
    if cart is None:
        return CartContents(None, ())
    query = select(CartLine).where(CartLine.cart_id == cart.id).order_by(CartLine.id)
    query = query.execution_options(populate_existing=True)
    lines = tuple(session.scalars(query))
    # Asked only when a line is for a company: carts of coupons have no choice to make.
    chosen = _choices(session, cart.id) if any(line.for_party_id for line in lines) else {}
    return CartContents(cart, lines, chosen, cart.agreement_code)


def _choices(session: Session, cart_id: UUID) -> dict[UUID, ServiceChoice]:
    query = select(CartCompany).where(CartCompany.cart_id == cart_id).execution_options(populate_existing=True)
    return {row.company_id: ServiceChoice(row.extend_active_services, row.years) for row in session.scalars(query)}


def add_to_cart(
    session: Session, cart: Cart, book: PriceBookView, sku: str, quantity: int, for_party_id: UUID | None
) -> CartLine:
    """Add packs to a cart; the same product for the same party adds up. Answers the line.

    Raises UnknownProduct (also for a product that is not on sale), InvalidQuantity, CartTooLong.
    """
    product = _on_sale(book, sku)
    values = {"cart_id": cart.id, "sku": sku, "for_party_id": for_party_id}
    seen = product.tiers.unit_price(quantity).cents
    row = insert(CartLine).values(id=new_id(), quantity=quantity, seen_net_cents=seen, **values)
    # A module is had once; of everything else the packs add up.
    most = 1 if product.is_service and product.rules.maximum_quantity == 1 else MAXIMUM_QUANTITY
    total = func.least(CartLine.quantity + quantity, most)
    stored = session.execute(
        row.on_conflict_do_update(
            index_elements=["cart_id", "sku", "for_party_id", "renews_licence_id"], set_={"quantity": total}
        ).returning(CartLine.id)
    ).scalar_one()
    if (session.scalar(select(func.count()).where(CartLine.cart_id == cart.id)) or 0) > MOST_LINES:
        raise CartTooLong
    line = session.get_one(CartLine, stored, populate_existing=True)
    # The sum may have reached another tier: what was seen is the price of all packs together.
    line.seen_net_cents = product.tiers.unit_price(line.quantity).cents
    _touch(session, cart)
    return line


def change_line(
    session: Session, cart: Cart, book: PriceBookView, line_id: UUID, *, quantity: int, for_party_id: UUID | None = None
) -> None:
    """Set a line's quantity (0 removes it) and whom it is for; two lines that become alike become one.

    Raises CartLineNotFound, UnknownProduct, InvalidQuantity.
    """
    line = line_of(session, cart, line_id)
    if quantity == 0:
        session.delete(line)
        _touch(session, cart)
        return
    twin = _twin(session, line, for_party_id)
    together = min(quantity + twin.quantity, MAXIMUM_QUANTITY) if twin else quantity
    line.seen_net_cents = book.product(line.sku).tiers.unit_price(together).cents
    if twin:
        session.delete(twin)
        session.flush()
    line.quantity, line.for_party_id = together, for_party_id
    _touch(session, cart)


def remove_line(session: Session, cart: Cart, line_id: UUID) -> CartLine:
    """Take a line out; answers what it was, so that it can be put back. Raises CartLineNotFound."""
    line = line_of(session, cart, line_id)
    session.delete(line)
    _touch(session, cart)
    return line


def line_of(session: Session, cart: Cart, line_id: UUID) -> CartLine:
    """A line of this very cart. Raises CartLineNotFound, alike for a line of somebody else's."""
    query = select(CartLine).where(CartLine.id == line_id, CartLine.cart_id == cart.id)
    line = session.scalars(query).one_or_none()
    if line is None:
        raise CartLineNotFound
    return line


def _on_sale(book: PriceBookView, sku: str) -> Product:
    product = book.product(sku)
    if not product.rules.sold:
        raise UnknownProduct(sku)
    return product


def _twin(session: Session, line: CartLine, for_party_id: UUID | None) -> CartLine | None:
    if line.for_party_id == for_party_id or line.renews_licence_id is not None:
        return None
    same_party = CartLine.for_party_id.is_(None) if for_party_id is None else CartLine.for_party_id == for_party_id
    query = select(CartLine).where(CartLine.cart_id == line.cart_id, CartLine.sku == line.sku, same_party)
    query = query.where(CartLine.renews_licence_id.is_(None))
    return session.scalars(query).one_or_none()


def adopt_cart(session: Session, cart_id: UUID, party_id: UUID) -> None:
    """At sign-in: an anonymous cart's lines move into the party's open cart; nothing collected is lost."""
    browser = session.scalars(
        select(Cart).where(Cart.id == cart_id, Cart.state == "OPEN", Cart.party_id.is_(None)).with_for_update()
    ).one_or_none()
    if browser is None:
        return
    own = open_cart(session, party_id, None)
    session.execute(
        text(
            "INSERT INTO cart_lines (id, cart_id, sku, quantity, for_party_id, seen_net_cents)"
            " SELECT gen_random_uuid(), :own, sku, quantity, for_party_id, seen_net_cents FROM cart_lines"
            " WHERE cart_id = :browser ON CONFLICT (cart_id, sku, for_party_id, renews_licence_id) DO UPDATE"
            " SET quantity = GREATEST(cart_lines.quantity, excluded.quantity)"
        ),
        {"own": own.id, "browser": browser.id},
    )
    session.execute(delete(CartLine).where(CartLine.cart_id == browser.id))
    own.agreement_code = own.agreement_code or browser.agreement_code
    browser.state = "MERGED"
    _touch(session, own)


def refresh_seen_prices(session: Session, cart: Cart, book: PriceBookView) -> None:
    """The buyer has been shown the new prices: from now on they are what was seen."""
    for line in contents(session, cart).lines:
        if line.sku in book.by_sku:
            line.seen_net_cents = book.product(line.sku).tiers.unit_price(line.quantity).cents
    _touch(session, cart)


def count_lines(executor: Executor, party_id: UUID | None, cart_id: UUID | None) -> int:
    """How many lines the open cart holds (the figure in the header)."""
    if party_id is None and cart_id is None:
        return 0
    counted = _LINES_OF_PARTY if party_id is not None else _LINES_OF_BROWSER
    return int(executor.execute(counted, {"whose": party_id or cart_id}).scalar_one())


def _touch(session: Session, cart: Cart) -> None:
    cart.version += 1
    cart.changed_at = clock.now()
    session.flush()
