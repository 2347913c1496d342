"""Orders and their lines: what was agreed, frozen; the quote is stored whole so that it can be replayed bit for bit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from foundation.database import APPEND_ONLY, Identified, JsonObject, Model
from shop.orders.order_states import OrderState

CARD = "stripe"
BANK_TRANSFER = "bank_transfer"


class Order(Identified, Model):
    """One order. Amounts in cents; `quote` holds inputs and every figure; `billing` is the buyer as of that day.

    `services` holds, company by company, what its lines of services were quoted against (`shop/addons/promises.py`).
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint(
            "state IN ('AWAITING_PAYMENT','PAID','ON_HOLD','FULFILLED','CANCELLED','EXPIRED','NEEDS_REQUOTE')",
            name="state",
        ),
        CheckConstraint("net_cents + vat_cents = gross_cents", name="totals"),
        CheckConstraint("payment_method IN ('stripe', 'bank_transfer')", name="payment_method"),
        Index("ix_orders_buyer", "buyer_party_id", "id"),
        Index("ix_orders_state", "state", "id"),
    )

    number: Mapped[str] = mapped_column(unique=True)
    rf_reference: Mapped[str] = mapped_column(unique=True)
    cart_id: Mapped[UUID | None] = mapped_column(unique=True)
    buyer_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    placed_by_user_id: Mapped[UUID | None]
    state: Mapped[OrderState] = mapped_column(String())
    payment_method: Mapped[str]
    currency: Mapped[str]
    net_cents: Mapped[int]
    vat_cents: Mapped[int]
    gross_cents: Mapped[int]
    quote: Mapped[JsonObject]
    services: Mapped[list[JsonObject]] = mapped_column(JSONB())
    price_book_version: Mapped[int]
    billing: Mapped[JsonObject]
    purchase_order_ref: Mapped[str]
    contact_email: Mapped[str]
    locale: Mapped[str]
    placed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    fulfil_not_before: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int]


_NOT_IN_BRIEF = [defer(column, raiseload=True) for column in (Order.quote, Order.services, Order.billing)]


class OrderLine(Identified, Model):
    """One line, frozen: what, how much of it, for whom (D20), at which price, and what a pack of it gives.

    `term` says which days of a service were paid for; other products have none.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_order_lines_services", "for_party_id", postgresql_where=text("term IS NOT NULL")),
        {"info": {APPEND_ONLY: True}},
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    sku: Mapped[str]
    names: Mapped[JsonObject]
    kind: Mapped[str]
    quantity: Mapped[int]
    for_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    unit_net_cents: Mapped[int]
    net_cents: Mapped[int]
    vat_cents: Mapped[int]
    vat_code: Mapped[str]
    gives: Mapped[JsonObject]
    term: Mapped[JsonObject | None] = mapped_column(JSONB(none_as_null=True))


class TermsAcceptance(Identified, Model):
    """What the buyer accepted, clause by clause, with the version of the text (F004-28; art. 1341-1342 c.c.)."""

    __tablename__ = "terms_acceptances"
    __table_args__ = (UniqueConstraint("order_id", "clause"), {"info": {APPEND_ONLY: True}})

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    clause: Mapped[str]
    text_version: Mapped[str]
    user_id: Mapped[UUID | None]
    accepted_at: Mapped[datetime]


class OrderNotFound(Exception):
    """No such order, or not one this party may see."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


def order_by_number(session: Session, number: str, buyer_party_id: UUID | None, *, lock: bool = False) -> Order:
    """One order of a buyer (None: the vendor's own people). Raises OrderNotFound, alike for somebody else's."""
    if "\x00" in number:  # the database refuses to be asked for it
        raise OrderNotFound(number)
    query = select(Order).where(Order.number == number)
    if buyer_party_id is not None:
        query = query.where(Order.buyer_party_id == buyer_party_id)
    if lock:
        query = query.with_for_update()
    order = session.scalars(query).one_or_none()
    if order is None:
        raise OrderNotFound(number)
    return order


def vat_of(order: Order) -> list[tuple[int, int]]:
    """The VAT of an order per rate, as (basis points, cents), highest rate first: the figures that were agreed."""
    rates = {rate["code"]: int(rate["basis_points"]) for rate in order.quote["inputs"]["vat_rates"]}
    return [(rates[summary["code"]], int(summary["vat_cents"])) for summary in order.quote["vat"]]


def lines_of(session: Session, order_id: UUID) -> list[OrderLine]:
    """The lines of an order in their order. Lines never change: a session that works on an order reads them once."""
    known: dict[UUID, list[OrderLine]] = session.info.setdefault("order_lines", {})
    found = known.get(order_id)
    if not found:
        query = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)
        found = known[order_id] = list(session.scalars(query))
    return found


def lines_of_several(session: Session, order_ids: list[UUID]) -> dict[UUID, list[OrderLine]]:
    """The lines of several orders at once (lists)."""
    found: dict[UUID, list[OrderLine]] = {order_id: [] for order_id in order_ids}
    query = select(OrderLine).where(OrderLine.order_id.in_(order_ids)).order_by(OrderLine.position)
    for line in session.scalars(query):
        found[line.order_id].append(line)
    return found


@dataclass(frozen=True, slots=True)
class OrderSearch:
    """Which orders a list shows: a buyer's (None: everybody's), in a state, with this part of a number.

    `before` is the last id of the page before.
    """

    buyer_party_id: UUID | None
    state: str | None = None
    number: str = ""
    before: UUID | None = None
    limit: int = 50


def orders_of(session: Session, wanted: OrderSearch, *, in_brief: bool = False) -> list[Order]:
    """A page of orders, newest first.

    `in_brief` are those of a list that shows neither quote nor services nor billing, and reads none of them.
    """
    query = select(Order).order_by(Order.id.desc()).limit(wanted.limit)
    if in_brief:
        query = query.options(*_NOT_IN_BRIEF)
    if wanted.buyer_party_id is not None:
        query = query.where(Order.buyer_party_id == wanted.buyer_party_id)
    if wanted.state is not None:
        query = query.where(Order.state == wanted.state)
    if wanted.number:
        query = query.where(Order.number.contains(wanted.number.upper().strip(), autoescape=True))
    if wanted.before is not None:
        query = query.where(Order.id < wanted.before)
    return list(session.scalars(query))
