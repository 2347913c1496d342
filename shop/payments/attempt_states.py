"""State of a payment attempt (M27): a function of the set of facts seen, never of their order. Pure."""

from dataclasses import dataclass
from typing import Literal

AttemptState = Literal["OPEN", "PAID", "FAILED", "AWAITING_FUNDS", "EXPIRED"]
ATTEMPT_FACTS = ("paid", "debit_refused", "cancelled", "awaiting", "expired")


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """What has ever been seen of an attempt; a fact once seen stays seen."""

    paid: bool = False
    debit_refused: bool = False
    cancelled: bool = False
    awaiting: bool = False
    expired: bool = False

    def and_seen(self, more: "AttemptFacts") -> "AttemptFacts":
        """These facts and those: a union, so neither order nor repetition matters."""
        return AttemptFacts(*(getattr(self, name) or getattr(more, name) for name in ATTEMPT_FACTS))


def attempt_state(facts: AttemptFacts) -> AttemptState:
    """First true in this order: paid, debit refused, cancelled, awaiting, expired; else open."""
    if facts.paid:
        return "PAID"
    if facts.debit_refused or facts.cancelled:
        return "FAILED"
    if facts.awaiting:
        return "AWAITING_FUNDS"
    if facts.expired:
        return "EXPIRED"
    return "OPEN"


def may_start_another(state: AttemptState) -> bool:
    """Whether the buyer may try again with a new Checkout Session: only after an expired or failed one."""
    return state in {"EXPIRED", "FAILED"}
