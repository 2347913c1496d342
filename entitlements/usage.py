"""Usage: a company consumes from its own packs and credit, and from its payer's pool (D15, D20), once per reference."""

from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.links import PayerPeriod, payer_at
from entitlements.wallets import Consumed, NotEnough, consume
from foundation import clock
from foundation.events import Subject, record_event
from foundation.principal import Principal


class NotThePayer(Exception):
    """A buyer's token consumes only for companies its party pays for (D14)."""

    def __init__(self, company_id: UUID) -> None:
        super().__init__(str(company_id))
        self.company_id = company_id


def use(
    session: Session, company_id: UUID, meter: str, quantity: int, reference: str, by: Principal
) -> Consumed | NotEnough:
    """Book a use of `quantity` of a meter for a company. Raises NotThePayer, ReferenceReused.

    The company must be one the principal may see.
    """
    payer = payer_at(session, company_id, clock.now())
    if by.party_id is not None and (payer is None or payer.payer_party_id != by.party_id):
        raise NotThePayer(company_id)
    outcome = consume(session, company_id, _holders(company_id, payer), meter, quantity, reference)
    if isinstance(outcome, Consumed) and not outcome.repeated:
        subject = Subject("company", company_id, payer.payer_party_id if payer else company_id)
        record_event(session, "credit.consumed", subject, by, meter=meter, quantity=quantity, balance=outcome.balance)
    return outcome


def _holders(company_id: UUID, payer: PayerPeriod | None) -> list[UUID]:
    """Whose buckets: the company's own, and the studio's pool while the studio pays (D20)."""
    return [company_id, payer.payer_party_id] if payer is not None and payer.payer == "STUDIO" else [company_id]
