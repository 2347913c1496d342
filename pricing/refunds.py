"""Giving back part of a line: a share of what was frozen when it was sold (M13), never a new price.

Pricing the remaining quantity again would be wrong: with volume tiers, giving back one unit of 101 can raise the price.
"""

from dataclasses import dataclass

from pricing.errors import RefundExceedsLine
from pricing.money import Money
from pricing.tiers import check_quantity


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """Net and VAT of a sold line, or of the part of it that is given back."""

    net: Money
    vat: Money

    @property
    def gross(self) -> Money:
        """Net and VAT together."""
        return self.net + self.vat


def _share_of_first(frozen: Money, quantity: int, units: int) -> Money:
    # With equal weights the largest remainders are the earliest units, so a prefix sum needs no list of shares.
    each, left_over = divmod(abs(frozen.cents), quantity)
    share = Money(each * units + min(left_over, units))
    return share if frozen.cents >= 0 else -share


def refund_share(frozen: Money, quantity: int, already_refunded: int, refunding: int) -> Money:
    """What giving back `refunding` of `quantity` units is worth after `already_refunded` of them went back.

    Any sequence of refunds of the whole line adds up to `frozen` exactly, and no sequence exceeds it. Raises
    `RefundExceedsLine` when more units would go back than were sold, or when none would.
    """
    check_quantity(quantity)
    refunded = already_refunded + refunding
    if already_refunded < 0 or refunding < 1 or refunded > quantity:
        raise RefundExceedsLine(quantity, already_refunded, refunding)
    return _share_of_first(frozen, quantity, refunded) - _share_of_first(frozen, quantity, already_refunded)


def refund_line(frozen: LineAmounts, quantity: int, already_refunded: int, refunding: int) -> LineAmounts:
    """`refund_share` of the net and of the VAT of a line, each exact on its own."""
    return LineAmounts(
        net=refund_share(frozen.net, quantity, already_refunded, refunding),
        vat=refund_share(frozen.vat, quantity, already_refunded, refunding),
    )
