"""Scoring: how well an order fits a transfer, with the reasons. Pure: figures and texts in, a score of 0 to 99 out."""

import re
from dataclasses import dataclass
from typing import Literal

ReasonCode = Literal[
    "reference",
    "reference_misspelt",
    "number_shortened",
    "amount",
    "amount_short",
    "amount_over",
    "name",
    "known_payer",
    "vat_number",
    "order_closed",
]

_POINTS: dict[ReasonCode, int] = {
    "reference": 55,
    "reference_misspelt": 45,
    "number_shortened": 25,
    "amount": 30,
    "name": 14,
    "known_payer": 16,
    "vat_number": 20,
    "order_closed": -15,
}
HIGHEST = 99
LOWEST_WORTH_SHOWING = 25
_WORD = re.compile(r"[^\W\d_]{3,}")
_DIGITS = re.compile(r"(?<!\d)\d{1,6}(?!\d)")
_VAT_NUMBER = re.compile(r"(?<!\d)\d{11}(?!\d)")
# Words of every company's or person's name, which say nothing about which one it is.
_EMPTY = frozenset({"srl", "srls", "spa", "sas", "snc", "studio", "dott", "rag", "ditta", "soc", "coop", "associati"})


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is known of a transfer: what is left of it (cents), its text, its payer, what its text names."""

    left_cents: int
    text: str
    payer: str
    named: frozenset[str]
    misspelt: frozenset[str]
    known_buyers: frozenset[str]


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What is known of an order: its number, what it is still owed (cents), whose it is, whether it is closed."""

    number: str
    owed_cents: int
    buyer_id: str
    buyer_name: str
    vat_number: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for an order (or, `doubtful`, against it); `cents` is by how much an amount differs."""

    code: ReasonCode
    doubtful: bool = False
    cents: int = 0


def reasons_for(line: LineFacts, order: OrderFacts) -> tuple[Reason, ...]:
    """Everything that speaks for an order, and what must give pause, most telling first."""
    found: list[Reason] = []
    if order.number in line.named:
        found.append(Reason("reference"))
    elif order.number in line.misspelt:
        found.append(Reason("reference_misspelt", doubtful=True))
    elif int(order.number[-6:]) in short_numbers(line.text):
        found.append(Reason("number_shortened", doubtful=True))
    found.append(_amount(line.left_cents, order.owed_cents))
    if order.buyer_id in line.known_buyers:
        found.append(Reason("known_payer"))
    if order.vat_number and order.vat_number in _VAT_NUMBER.findall(line.text):
        found.append(Reason("vat_number"))
    if _alike(f"{line.payer} {line.text}", order.buyer_name):
        found.append(Reason("name"))
    if order.closed:
        found.append(Reason("order_closed", doubtful=True))
    return tuple(found)


def _amount(left: int, owed: int) -> Reason:
    if left == owed:
        return Reason("amount")
    code: ReasonCode = "amount_short" if left < owed else "amount_over"
    return Reason(code, doubtful=True, cents=abs(owed - left))


def score_of(reasons: tuple[Reason, ...]) -> int:
    """The reasons' weight together, 0 to 99; an amount alone is worth showing, a different one alone is not."""
    return max(0, min(HIGHEST, sum(_POINTS.get(reason.code, 0) for reason in reasons)))


def short_numbers(text: str) -> frozenset[int]:
    """The short numbers in a text, among them perhaps the end of an order's number ("saldo ordine 119")."""
    return frozenset(int(found) for found in _DIGITS.findall(text)[:20])


def _alike(text: str, name: str) -> bool:
    wanted = _words(name)
    return bool(wanted) and len(wanted & _words(text)) * 2 > len(wanted)


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in _WORD.findall(text.casefold()) if word not in _EMPTY)
