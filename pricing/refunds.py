"""Giving back part of a line: a share of what was frozen when it was sold (M13), never a new price.

Pricing the remaining quantity again would be wrong: with volume tiers, giving back one unit of 101 can raise the price.
"""

from pricing.errors import RefundExceedsLine
from pricing.money import Money


def refund_share(frozen: Money, whole: int, already_refunded: int, refunding: int) -> Money:
    """What `refunding` of `whole` is worth of a frozen amount, after so much of it went: half-up on the running sum.

    Any sequence of refunds of the whole adds up to `frozen` exactly, and each is within a cent of its exact value,
    however many units there are: the VAT given back so stays what the rate says of the net given back (SDI 00421).
    Raises `RefundExceedsLine` when more would go back than there is.
    """
    refunded = already_refunded + refunding
    if already_refunded < 0 or refunding < 0 or refunded > whole:
        raise RefundExceedsLine(whole, already_refunded, refunding)
    return _running_share(frozen, whole, refunded) - _running_share(frozen, whole, already_refunded)


def _running_share(frozen: Money, whole: int, part: int) -> Money:
    if whole == 0:
        return Money(0)
    share = Money((2 * abs(frozen.cents) * part + whole) // (2 * whole))
    return share if frozen.cents >= 0 else -share
