"""The IBAN of an Italian account, with its control letter."""

from __future__ import annotations

from schwifty import IBAN
from schwifty.exceptions import InvalidChecksumDigits, SchwiftyException

from entitlements.company_data.plain_text import compact
from entitlements.company_data.problems import Problem

IBAN_LENGTH = 27


def check_iban(text: str, field: str = "iban") -> str | Problem:
    """The 27 characters of an Italian IBAN, check digits and CIN verified. The name of the bank is not looked up.

    Errors: `iban_missing`, `iban_characters`, `iban_not_italian`, `iban_length`, `iban_check_digits`, `iban_account`.
    """
    iban = compact(text)
    if not iban:
        return Problem(field, "iban_missing")
    if not (iban.isascii() and iban.isalnum()):
        return Problem(field, "iban_characters")
    if not iban.startswith("IT"):
        return Problem(field, "iban_not_italian")
    if len(iban) != IBAN_LENGTH:
        return Problem(field, "iban_length", {"written": str(len(iban))})
    try:
        IBAN(iban, validate_bban=True)
    except InvalidChecksumDigits:
        return Problem(field, "iban_check_digits")
    except (SchwiftyException, ValueError):
        return Problem(field, "iban_account")
    return iban
