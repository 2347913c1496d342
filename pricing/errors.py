"""What pricing can refuse, each refusal a noun with the fields that explain it.

Each is a mistake of the caller or of stored data, never a matter of the web: no status codes, no sentences for people.
"""

from dataclasses import dataclass, fields
from datetime import date


@dataclass(eq=False)
class PricingError(Exception):
    """Base of every refusal of this package."""

    def __str__(self) -> str:
        return ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields(self))


@dataclass(eq=False)
class InexactAmount(PricingError):
    """The value cannot be taken as whole cents without guessing: a float, a bool, or more than two decimals."""

    value: str


@dataclass(eq=False)
class AmountTooLarge(PricingError):
    """The total reaches a sum no order of this shop can have; `maximum_cents` is the largest total accepted."""

    cents: int
    maximum_cents: int


@dataclass(eq=False)
class NegativeAmount(PricingError):
    """A price or a line fell below zero (`what` names it); credits are separate documents, never negative lines."""

    what: str
    cents: int


@dataclass(eq=False)
class InvalidDivision(PricingError):
    """A share was asked of nothing: a denominator below one, or weights that add up to nothing."""

    total: int
    divisor: int


@dataclass(eq=False)
class InvalidQuantity(PricingError):
    """The quantity is not a whole number between 1 and `maximum`."""

    quantity: int
    maximum: int


@dataclass(eq=False)
class InvalidTiers(PricingError):
    """The tiers do not start at 1 or do not grow strictly; `from_quantities` shows what was given."""

    from_quantities: tuple[int, ...]


@dataclass(eq=False)
class InvalidVatRate(PricingError):
    """A rate outside 0-100 %, or a nature where there is VAT, or no nature where there is none."""

    code: str
    basis_points: int
    nature: str | None


@dataclass(eq=False)
class UnknownVatCode(PricingError):
    """A line names a VAT code that is not among the rates of the request."""

    code: str


@dataclass(eq=False)
class ConflictingVatRates(PricingError):
    """The same VAT code stands for two different rates in one computation."""

    code: str


@dataclass(eq=False)
class InvalidTerm(PricingError):
    """A term must last at least one day: `ends_on` is exclusive and later than `starts_on`."""

    starts_on: date
    ends_on: date


@dataclass(eq=False)
class NotACivilDay(PricingError):
    """An instant was given where a Rome civil day is meant; only the caller knows which day that instant falls on."""

    value: str


@dataclass(eq=False)
class RefundExceedsLine(PricingError):
    """More units would be given back than the line sold."""

    quantity: int
    already_refunded: int
    refunding: int


@dataclass(eq=False)
class EmptyQuote(PricingError):
    """There is nothing to price."""


@dataclass(eq=False)
class UnknownPolicyVersion(PricingError):
    """The quote was made by rules this program does not have."""

    policy_version: str


@dataclass(eq=False)
class MalformedQuote(PricingError):
    """Stored JSON that is no quote; `pointer` is the RFC 6901 place of the first fault."""

    pointer: str


@dataclass(eq=False)
class QuoteReplayDiffers(PricingError):
    """Recomputing a stored quote gave other figures; `pointers` are the RFC 6901 places that differ."""

    pointers: tuple[str, ...]
