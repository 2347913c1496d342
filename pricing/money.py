"""Exact euro amounts: integer cents from end to end (architecture rule 8). No float, no silent rounding."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from pricing.errors import InexactAmount, InvalidDivision

BASIS_POINTS = 10_000
"""Basis points of a whole."""
_AMOUNT_TEXT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """A signed amount of euro in whole cents. Raises `InexactAmount` for anything that is not a plain integer."""

    cents: int

    def __post_init__(self) -> None:
        if type(self.cents) is not int:
            raise InexactAmount(repr(self.cents))

    @classmethod
    def from_decimal(cls, value: Decimal) -> Self:
        """The same amount in cents; `InexactAmount` for a float, a non-number, or more than two decimals."""
        if type(value) is not Decimal or not value.is_finite():
            raise InexactAmount(repr(value))
        # Through the digits themselves: Decimal arithmetic would round to whatever precision the thread has set.
        return cls.from_text(f"{value:f}")

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read `49.90`: up to 15 digits, then perhaps a point and one or two decimals; else `InexactAmount`."""
        if type(text) is not str or _AMOUNT_TEXT.fullmatch(text) is None:
            raise InexactAmount(repr(text))
        whole, _, decimals = text.partition(".")
        return cls(int(whole + decimals.ljust(2, "0")))

    def to_text(self) -> str:
        """Write `49.90`, the form `from_text` reads back; not for people, who read Italian numbers."""
        sign = "-" if self.cents < 0 else ""
        euros, cents = divmod(abs(self.cents), 100)
        return f"{sign}{euros}.{cents:02d}"

    def to_decimal(self) -> Decimal:
        """The amount in euro with two decimals."""
        return Decimal(self.to_text())

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.cents + other.cents)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.cents - other.cents)

    def __neg__(self) -> "Money":
        return Money(-self.cents)

    def __mul__(self, times: int) -> "Money":
        if type(times) is not int:
            return NotImplemented
        return Money(self.cents * times)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.cents != 0

    def __str__(self) -> str:
        return self.to_text()


ZERO = Money(0)


def total(amounts: Iterable[Money]) -> Money:
    """The sum of the amounts; nothing adds up to zero euro."""
    return Money(sum(amount.cents for amount in amounts))


def half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` to the nearest integer, halves away from zero (D3). `InvalidDivision` below one."""
    if denominator < 1:
        raise InvalidDivision(numerator, denominator)
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def largest_remainder(total_cents: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share `total_cents` in proportion to `weights` so that the shares add up to it exactly.

    Each share is the proportional amount rounded down; the cents left over go one each to the largest remainders, the
    earlier weight first when two are equal. A negative total is shared like its opposite. A weight of zero receives
    nothing. Raises `InvalidDivision` for a negative weight, or when all weights are zero and the total is not.
    """
    divisor = sum(weights)
    if any(weight < 0 for weight in weights) or (divisor == 0 and total_cents != 0):
        raise InvalidDivision(total_cents, divisor)
    if divisor == 0:
        return (0,) * len(weights)
    parts = [divmod(abs(total_cents) * weight, divisor) for weight in weights]
    left_over = abs(total_cents) - sum(floor for floor, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda index: -parts[index][1])
    favoured = frozenset(by_remainder[:left_over])
    sign = 1 if total_cents >= 0 else -1
    return tuple(sign * (floor + (index in favoured)) for index, (floor, _) in enumerate(parts))
