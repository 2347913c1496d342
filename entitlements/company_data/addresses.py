"""Where to write and where to deliver invoices: e-mail, certified e-mail, SDI recipient code, telephone."""

from __future__ import annotations

import re

from entitlements.company_data.plain_text import compact
from entitlements.company_data.problems import Problem

EMAIL_LENGTH = 256
PUBLIC_BODY_CODE_LENGTH = 6
DELIVER_BY_PEC = "0000000"
FOREIGN_CODE = "XXXXXXX"
_SDI_CODE = re.compile(r"[A-Z0-9]{7}")
# The addresses that FatturaPA's schema takes: it has no quotes, accents or bracketed hosts.
_NARROW_EMAIL = re.compile(r"[!#-'*+/-9=?A-Z^-~-]+(?:\.[!#-'*+/-9=?A-Z^-~-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ITALIAN_NUMBER = re.compile(r"[0-9]{5,12}")
_FOREIGN_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_TYPED = re.compile(r"[0-9+() ./-]*")


def check_email(text: str, field: str = "email", code: str = "email") -> str | Problem:
    """An e-mail address in plain ASCII, with a lower-case domain; nothing is asked of the network.

    Errors: `<code>_missing`, `_too_long`, `_characters`, `_shape`. A line break is refused, never cut away, since
    the address will stand in the header of a message.
    """
    address = text.strip(" \t\r\n\u00a0\ufeff")
    if not address:
        return Problem(field, f"{code}_missing")
    if len(address) > EMAIL_LENGTH:
        return Problem(field, f"{code}_too_long", {"maximum": str(EMAIL_LENGTH), "written": str(len(address))})
    if not all("!" <= character <= "~" for character in address):
        return Problem(field, f"{code}_characters")
    # Imported when the first address is checked: nothing at the start needs it.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except (EmailNotValidError, UnicodeError):
        return Problem(field, f"{code}_shape")
    narrow = checked.ascii_email or ""
    return narrow if _NARROW_EMAIL.fullmatch(narrow) else Problem(field, f"{code}_shape")


def check_pec(text: str, field: str = "pec") -> str | Problem:
    """A PEC: in form an e-mail; that its domain is certified cannot be known offline."""
    return check_email(text, field, "pec")


def check_sdi_code(text: str, field: str = "sdi_code") -> str | Problem:
    """The seven characters of a codice destinatario. That it is registered cannot be known offline.

    Errors: `sdi_code_missing`, `_public_body` (six characters), `_length`, `_characters`, `_foreign`.
    """
    code = compact(text)
    if not code:
        return Problem(field, "sdi_code_missing")
    if not (code.isascii() and code.isalnum()):
        return Problem(field, "sdi_code_characters")
    if len(code) == PUBLIC_BODY_CODE_LENGTH:
        return Problem(field, "sdi_code_public_body", {"written": str(len(code))})
    if not _SDI_CODE.fullmatch(code):
        return Problem(field, "sdi_code_length", {"written": str(len(code))})
    if code == FOREIGN_CODE:
        return Problem(field, "sdi_code_foreign")
    return code


def check_phone(text: str, field: str = "phone") -> str | Problem:
    """A telephone number: 5 to 12 digits in Italy, without its prefix, or + and 7 to 15 digits elsewhere.

    Errors: `phone_missing`, `phone_characters`, `phone_length`.
    """
    typed = text.strip()
    if not typed:
        return Problem(field, "phone_missing")
    if not _PHONE_TYPED.fullmatch(typed):
        return Problem(field, "phone_characters")
    number = re.sub(r"[() ./-]", "", typed)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    number = number.removeprefix("+39")
    if _ITALIAN_NUMBER.fullmatch(number) or _FOREIGN_NUMBER.fullmatch(number):
        return number
    if "+" in number[1:]:
        return Problem(field, "phone_characters")
    return Problem(field, "phone_length", {"written": str(len(number.removeprefix("+")))})
