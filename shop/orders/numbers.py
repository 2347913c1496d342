"""Order numbers `ORD-YYYY-NNNNNN` and their RF form, the causale of a bank transfer (M14)."""

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column
from stdnum.iso7064 import mod_97_10

from foundation import clock
from foundation.database import Model
from foundation.driver_statements import directly


class OrderCounter(Model):
    """The last order number of a year."""

    __tablename__ = "order_counters"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


_NEXT = text(
    "INSERT INTO order_counters (year, last) VALUES (:year, 1)"
    " ON CONFLICT (year) DO UPDATE SET last = order_counters.last + 1 RETURNING last"
)


def next_order_number(session: Session) -> str:
    """Take the next number of the Rome year; the last thing a placement waits for, because it locks the counter."""
    year = clock.today().year
    return f"ORD-{year}-{directly(session, _NEXT, {'year': year}).scalar_one():06d}"


def rf_reference(number: str) -> str:
    """The ISO 11649 creditor reference of an order number: ORD-2026-000123 is RF32ORD2026000123."""
    plain = number.replace("-", "")
    return f"RF{mod_97_10.calc_check_digits(plain + 'RF')}{plain}"
