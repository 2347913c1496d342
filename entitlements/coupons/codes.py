"""Coupon codes (M11): identifiers people can type: no look-alikes, a check character, worthless without the owner."""

import secrets

ALPHABET = "3479CDEFHJKLMNPQRTUVWXY"  # 23 symbols, a prime: every single error and every swap of neighbours is seen
_RANDOM_LENGTH = 9
_GROUP = 5


def new_code(prefix: str) -> str:
    """A fresh code such as LTE-7Q4MK-P9HDX: nine random symbols and a check character."""
    body = _spelled(secrets.randbelow(len(ALPHABET) ** _RANDOM_LENGTH))
    whole = body + check_character(body)
    return f"{prefix}-{whole[:_GROUP]}-{whole[_GROUP:]}"


def _spelled(number: int) -> str:
    """A number in the alphabet's digits: chance is asked for once per code, not once per symbol."""
    symbols = []
    for _ in range(_RANDOM_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        symbols.append(ALPHABET[place])
    return "".join(symbols)


def check_character(body: str) -> str:
    """The weighted sum modulo 23 of the symbols of `body`."""
    total = sum(weight * ALPHABET.index(symbol) for weight, symbol in enumerate(body, start=1))
    return ALPHABET[total % len(ALPHABET)]


def well_formed(code: str) -> bool:
    """Whether a typed code can exist at all: shape and check character, before any look-up."""
    body = normalised(code).rpartition("-")[0].rpartition("-")[2] + normalised(code).rpartition("-")[2]
    symbols_known = len(body) == _RANDOM_LENGTH + 1 and all(symbol in ALPHABET for symbol in body)
    return symbols_known and check_character(body[:-1]) == body[-1]


def normalised(typed: str) -> str:
    """What a person typed, upper-case and without blanks."""
    return "".join(typed.upper().split())
