"""As many companies as a test needs, each with numbers that pass the same checks as real ones."""

from stdnum import luhn


def vat_number(number: int) -> str:
    """The `number`-th Italian VAT number of a series: seven digits, the province of Milan, the check digit."""
    body = f"{number + 1:07d}015"
    return body + str(luhn.calc_check_digit(body))


def company_fields(number: int) -> dict[str, str]:
    """What makes the `number`-th company another one than the rest."""
    digits = vat_number(number)
    return {"vat_number": digits, "tax_code": digits, "name": f"Officina {number} S.r.l."}
