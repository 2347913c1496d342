"""Agreed discounts: a share of a line's price taken off, rounded once, and kept on the line with its code (F004-26)."""

from dataclasses import replace

from pricing.errors import InvalidDivision
from pricing.money import BASIS_POINTS, Money, half_up
from pricing.quote_requests import Adjustment, RequestedLine


def discount_on(net: Money, basis_points: int) -> Money:
    """What `basis_points` of a price are, half-up to the cent. `InvalidDivision` below 0 or above the whole."""
    if not 0 <= basis_points <= BASIS_POINTS:
        raise InvalidDivision(basis_points, BASIS_POINTS)
    return Money(half_up(net.cents * basis_points, BASIS_POINTS))


def discounted(line: RequestedLine, code: str, description: str, basis_points: int) -> RequestedLine:
    """The line with an agreed discount among its adjustments; the same line where that is less than a cent."""
    formula = line.formula
    taken = discount_on(formula.net if formula else line.tiers.line_net(line.quantity), basis_points)
    if not taken:
        return line
    return replace(line, adjustments=(*line.adjustments, Adjustment(code, description, -taken)))
