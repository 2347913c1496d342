"""References in a remittance text: order numbers as people and banks write them, look-alikes folded (M14). Pure."""

import re
from dataclasses import dataclass

from stdnum.iso7064 import mod_97_10

# What is confused in print and on the phone: letters become the digit they are taken for.
_FOLD = str.maketrans({"O": "0", "Q": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8"})
_REFERENCE = re.compile(r"(?:RF(?P<check>[0-9]{2}))?0RD(?P<year>[0-9]{4})(?P<count>[0-9]{6})")
_NOISE = re.compile(r"[^0-9A-Z]")
LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class OrderReference:
    """An order number read from a text; `certain` is False when its RF check digits do not fit (a typing error)."""

    number: str
    certain: bool


def references_in(*texts: str | None) -> tuple[OrderReference, ...]:
    """Every order number in the texts, each once, in their order there; blanks and punctuation do not matter."""
    found: dict[str, OrderReference] = {}
    for text in texts:
        plain = _NOISE.sub("", (text or "")[:LONGEST_TEXT].upper()).translate(_FOLD)
        for match in _REFERENCE.finditer(plain):
            reference = _read(match)
            known = found.get(reference.number)
            if known is None or (reference.certain and not known.certain):
                found[reference.number] = reference
    return tuple(found.values())


def _read(match: re.Match[str]) -> OrderReference:
    year, count, check = match.group("year"), match.group("count"), match.group("check")
    expected = mod_97_10.calc_check_digits(f"ORD{year}{count}RF")
    return OrderReference(f"ORD-{year}-{count}", certain=check is None or check == expected)
