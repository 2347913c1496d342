"""The IBAN of an Italian account, with its control letter."""

from __future__ import annotations

from entitlements.company_data.plain_text import compact
from entitlements.company_data.problems import Problem

IBAN_LENGTH = 27


def check_iban(text: str, field: str = "iban") -> str | Problem:
    """The 27 characters of an Italian IBAN, check digits and CIN verified. The name of the bank is not looked up.

    Errors: `iban_missing`, `iban_characters`, `iban_not_italian`, `iban_length`, `iban_check_digits`, `iban_account`.
    """
    iban = compact(text)
    fault = _fault_of_shape(iban) or _fault_of_checks(iban)
    return Problem(field, f"iban_{fault}", {"written": str(len(iban))}) if fault else iban


def _fault_of_shape(iban: str) -> str:
    if not iban:
        return "missing"
    if not (iban.isascii() and iban.isalnum()):
        return "characters"
    if not iban.startswith("IT"):
        return "not_italian"
    return "" if len(iban) == IBAN_LENGTH else "length"


def _fault_of_checks(iban: str) -> str:
    # Imported when the first account is checked: it reads the banks of the world.
    from schwifty import IBAN  # noqa: PLC0415
    from schwifty.exceptions import InvalidChecksumDigits, SchwiftyException  # noqa: PLC0415

    try:
        IBAN(iban, validate_bban=True)
    except InvalidChecksumDigits:
        return "check_digits"
    except (SchwiftyException, ValueError):
        return "account"
    return ""
