"""Saved cards: what a payer sees of the card the gateway keeps for them. The number itself never comes to the shop."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import Identified, Model
from foundation.events import Subject, record_event
from foundation.ids import new_id
from foundation.jobs import defer
from foundation.principal import Principal

DETACH = "cards.detach"
_LIVE = "removed_at IS NULL"


class SavedCard(Identified, Model):
    """A card at the gateway: its reference, and what names it to a person; once removed, only the reference stays.

    The reference stays so that a late letter about the same card cannot bring it back. `set_up_at` is the gateway's
    instant, which decides which of two cards is the newer one, whatever order their letters come in.
    """

    __tablename__ = "saved_cards"
    __table_args__ = (
        Index("uq_saved_cards_live", "party_id", unique=True, postgresql_where=text(_LIVE)),
        CheckConstraint(
            "(removed_at IS NULL) = (brand IS NOT NULL AND last4 IS NOT NULL AND exp_month IS NOT NULL"
            " AND exp_year IS NOT NULL)",
            name="forgotten",
        ),
        CheckConstraint("last4 ~ '^[0-9]{4}$'", name="last4"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"), index=True)
    payment_method_id: Mapped[str] = mapped_column(unique=True)
    brand: Mapped[str | None]
    last4: Mapped[str | None]
    exp_month: Mapped[int | None]
    exp_year: Mapped[int | None]
    set_up_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A card as the gateway shows it."""

    payment_method_id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    set_up_at: datetime


def card_of(session: Session, party_id: UUID) -> SavedCard | None:
    """The card a party's renewals are charged to."""
    return session.scalars(select(SavedCard).where(SavedCard.party_id == party_id, text(_LIVE))).one_or_none()


def keep_card(session: Session, party_id: UUID, card: CardFacts) -> bool:
    """Keep a card in the place of the one before it; answers False when it had been kept, whatever became of it.

    The row of the party's gateway customer must be locked. A card set up before the one in use takes no place.
    """
    before = card_of(session, party_id)
    late = before is not None and card.set_up_at < before.set_up_at
    fresh = session.execute(
        insert(SavedCard)
        .values(
            id=new_id(),
            party_id=party_id,
            payment_method_id=card.payment_method_id,
            set_up_at=card.set_up_at,
            saved_at=clock.now(),
            removed_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(SavedCard.id)
    ).scalar()
    if fresh is None:
        return False
    if late:
        defer(session, DETACH, card_id=str(fresh))
        return True
    if before is not None:
        _forget(session, before)
    stored = session.get_one(SavedCard, fresh)
    stored.brand, stored.last4, stored.removed_at = card.brand, card.last4, None
    stored.exp_month, stored.exp_year = card.exp_month, card.exp_year
    session.flush()
    record_event(session, "card.saved", Subject("party", party_id, party_id), card_id=fresh)
    return True


def remove_card(session: Session, party_id: UUID, by: Principal) -> bool:
    """Forget a party's card, here at once and at the gateway by a job; answers False when there is none."""
    card = card_of(session, party_id)
    if card is None:
        return False
    _forget(session, card)
    record_event(session, "card.removed", Subject("party", party_id, party_id), by, card_id=card.id)
    return True


def _forget(session: Session, card: SavedCard) -> None:
    card.removed_at = clock.now()
    card.brand = card.last4 = card.exp_month = card.exp_year = None
    session.flush()
    defer(session, DETACH, card_id=str(card.id))
