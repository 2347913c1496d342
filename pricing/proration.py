"""The price of a part of a year, with the formula that a person is shown (section D of the pricing rules, M28)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pricing.errors import InvalidQuantity, NegativeAmount
from pricing.money import ZERO, Money, half_up
from pricing.terms import MONTHS_IN_A_YEAR, add_months, charge, months_ceil
from pricing.tiers import check_quantity

MAXIMUM_YEARS = 10


class ProrationMode(StrEnum):
    """How a product charges a part of a year; only the first is path-independent (D3)."""

    TELESCOPING = "TELESCOPING"
    MONTH_DAY = "MONTH_DAY"
    DAY_ACT = "DAY_ACT"


class Counted(StrEnum):
    """What the fraction of a formula counts."""

    MONTHS = "MONTHS"
    DAYS = "DAYS"
    DAYS_OF_MONTHS = "DAYS_OF_MONTHS"


@dataclass(frozen=True, slots=True)
class Formula:
    """`net` in words: `unit_net` a year, times `quantity`, times `part` of `whole` (6 of 12 months, 184 of 365 days).

    In a telescoping charge `part` is the months printed, `months_ceil(A0, b) - months_ceil(A0, a)` (M28), and
    `rounding` is the cent by which the difference of two rounded cumulative prices may leave the fraction.
    """

    unit_net: Money
    quantity: int
    part: int
    whole: int
    counted: Counted
    net: Money

    @property
    def rounding(self) -> Money:
        """`net` minus the fraction rounded by itself: zero, or one cent either way."""
        return self.net - _fraction(self.unit_net * self.quantity, self.part, self.whole)


@dataclass(frozen=True, slots=True)
class AnnualPrice:
    """Net price of `quantity` units for a year, and how the product charges a part of one."""

    unit_net: Money
    quantity: int
    mode: ProrationMode = ProrationMode.TELESCOPING

    def __post_init__(self) -> None:
        check_quantity(self.quantity)
        if self.unit_net < ZERO:
            raise NegativeAmount("unit_net", self.unit_net.cents)

    def for_years(self, years: int = 1) -> Formula:
        """The full price of whole years, 1 to `MAXIMUM_YEARS` (`InvalidQuantity`)."""
        if type(years) is not int or not 1 <= years <= MAXIMUM_YEARS:
            raise InvalidQuantity(years, MAXIMUM_YEARS)
        months = years * MONTHS_IN_A_YEAR
        net = self.unit_net * self.quantity * years
        return Formula(self.unit_net, self.quantity, months, MONTHS_IN_A_YEAR, Counted.MONTHS, net)

    def between(self, anchor: date, start: date, end: date) -> Formula:
        """The price from `start` to `end` of a lot whose price term began on `anchor`."""
        if self.mode is ProrationMode.TELESCOPING:
            months = months_ceil(anchor, end) - months_ceil(anchor, start)
            net = charge(self.unit_net, self.quantity, anchor, start, end)
            return Formula(self.unit_net, self.quantity, months, MONTHS_IN_A_YEAR, Counted.MONTHS, net)
        if self.mode is ProrationMode.MONTH_DAY:
            return self._pairwise(*_months_and_days(start, end), Counted.DAYS_OF_MONTHS)
        year_before_end = add_months(end, -MONTHS_IN_A_YEAR)
        return self._pairwise((end - start).days, (end - year_before_end).days, Counted.DAYS)

    def _pairwise(self, part: int, whole: int, counted: Counted) -> Formula:
        net = _fraction(self.unit_net * self.quantity, part, whole)
        return Formula(self.unit_net, self.quantity, part, whole, counted, net)


def _fraction(annual: Money, part: int, whole: int) -> Money:
    return Money(half_up(annual.cents * part, whole))


def _months_and_days(start: date, end: date) -> tuple[int, int]:
    # Eight months and 14 of 30 days are (8 x 30 + 14) parts of 12 x 30: an exact fraction of the year, no decimals.
    begun = months_ceil(start, end)
    whole_months = begun if add_months(start, begun) == end else begun - 1
    begun_on = add_months(start, whole_months)
    days_of_month = (add_months(start, whole_months + 1) - begun_on).days
    return whole_months * days_of_month + (end - begun_on).days, MONTHS_IN_A_YEAR * days_of_month
