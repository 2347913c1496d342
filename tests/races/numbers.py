"""As many companies as a test needs, each with numbers that pass the same checks as real ones."""

from typing import Any

from stdnum import luhn


def vat_number(number: int) -> str:
    """The `number`-th Italian VAT number of a series: seven digits, the province of Milan, the check digit."""
    body = f"{number + 1:07d}015"
    return body + str(luhn.calc_check_digit(body))


def company_fields(number: int) -> dict[str, str]:
    """What makes the `number`-th company another one than the rest."""
    digits = vat_number(number)
    return {"vat_number": digits, "tax_code": digits, "name": f"Officina {number} S.r.l."}


def activation_body(number: int, hint: str = "") -> dict[str, Any]:
    """What a program sends to activate a coupon for the `number`-th company; `hint` steers the accounting program."""
    fields = company_fields(number)
    address = {"street": "Via Garibaldi 4", "postal_code": "20121", "city": "Milano", "province": "MI", "country": "IT"}
    person = {"first_name": "Mario", "last_name": "Rossi", "tax_code": "RSSMRA80A01H501U", "email": "m@example.it"}
    return {
        "company": {
            **fields,
            "name": fields["name"] + hint,
            "legal_form": "LIMITED_COMPANY",
            "accounting_regime": "ORDINARY",
            "tax_regime": "RF01",
            "sdi_code": "M5UXCR1",
            "email": "info@officina.example.it",
            "registered_office": address,
            "legal_representative": person,
            "ateco": {"code": "62.10.00", "edition": "2025"},
        }
    }
