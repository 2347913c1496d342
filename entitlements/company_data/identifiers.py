"""VAT number and tax code: what was written, made canonical, or the one thing wrong with it.

python-stdnum is the gate (domain rule F003-12). A number that passes is formally valid: whether it exists is known
only to the revenue agency.
"""

from __future__ import annotations

import re

from stdnum import luhn
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, ValidationError
from stdnum.it import codicefiscale, iva

from entitlements.company_data.plain_text import compact
from entitlements.company_data.problems import Problem

VAT_NUMBER_LENGTH = 11
PERSON_LENGTH = 16
_BODY_WITHOUT_VAT_NUMBER = ("8", "9")
_PERSON_SHAPE = re.compile(r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]")
_SEVEN_ZEROS = "0000000"


def check_vat_number(text: str, field: str = "vat_number") -> str | Problem:
    """The 11 digits of a Partita IVA, from text that may hold the country prefix, blanks and dots.

    Errors: `vat_number_missing`, `_is_tax_code`, `_not_digits`, `_length`, `_zeros`, `_office`, `_check_digit`.
    """
    number = compact(text, also=":").removeprefix("IT")
    if not number:
        return Problem(field, "vat_number_missing")
    if _PERSON_SHAPE.fullmatch(number):
        return Problem(field, "vat_number_is_tax_code")
    code = _fault_of_digits(number)
    if code:
        return Problem(field, f"vat_number_{code}", {"written": str(len(number))})
    return number


def _fault_of_digits(number: str) -> str:
    """What is wrong with eleven digits, in the order a person would put it right; empty when nothing is."""
    if not (number.isascii() and number.isdigit()):
        return "not_digits"
    if len(number) != VAT_NUMBER_LENGTH:
        return "length"
    if number.startswith(_SEVEN_ZEROS):
        return "zeros"
    return _fault_of_checks(number)


def _fault_of_checks(number: str) -> str:
    # A digit mistyped among those of the office makes both checks fail: the person has one digit to look for.
    if not luhn.is_valid(number):
        return "check_digit"
    try:
        iva.validate(number)
    except InvalidComponent:
        return "office"
    except ValidationError:
        return "not_digits"
    return ""


def check_tax_code(text: str, field: str = "tax_code") -> str | Problem:
    """A codice fiscale: 16 characters of a person (omocodia included) or 11 digits of a company or body.

    Errors: `tax_code_missing`, `_length`, `_shape`, `_birth_date`, `_check_letter`, and for 11 digits
    `tax_code_zeros`, `_office`, `_check_digit`.
    """
    code = compact(text, also=":")
    if code.startswith("IT") and code[2:].isdigit():
        code = code[2:]
    if not code:
        return Problem(field, "tax_code_missing")
    if code.isascii() and code.isdigit() and len(code) <= VAT_NUMBER_LENGTH:
        fault = _fault_of_digits(code)
    else:
        fault = _fault_of_person_code(code)
    if fault:
        return Problem(field, f"tax_code_{fault}", {"written": str(len(code))})
    return code


def _fault_of_person_code(code: str) -> str:
    if len(code) != PERSON_LENGTH:
        return "length"
    if not (code.isascii() and code.isalnum()):
        return "shape"
    try:
        codicefiscale.validate(code)
    except InvalidFormat:
        return "shape"
    except InvalidChecksum:
        return "check_letter"
    except ValidationError:
        return "birth_date"
    return ""


def is_person_tax_code(code: str) -> bool:
    """Whether a checked tax code is the 16 characters of a person."""
    return len(code) == PERSON_LENGTH


def is_body_tax_code(code: str) -> bool:
    """Whether a checked tax code is of a body that may have no VAT number (11 digits from 8 or 9)."""
    return len(code) == VAT_NUMBER_LENGTH and code.startswith(_BODY_WITHOUT_VAT_NUMBER)
