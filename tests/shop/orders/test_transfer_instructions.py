from dataclasses import replace

import pytest
from stdnum import iban, iso11649

from foundation.settings import Seller, Settings
from pricing import Money
from shop.orders.numbers import rf_reference
from shop.orders.transfer_instructions import InstructionsRefused, transfer_instructions
from tests.shop.orders.qr_reading import grid_of, text_in

SELLER = Settings.from_environment({}).seller
NUMBER = "ORD-2026-000123"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (17_934, "EUR179.34"),
        (10_000, "EUR100"),
        (10_050, "EUR100.5"),
        (1, "EUR0.01"),
        (99_999_999_999, "EUR999999999.99"),
    ],
)
def test_a_bank_app_reads_from_the_code_exactly_what_stands_beside_it(amount: int, written: str) -> None:
    shown = transfer_instructions(SELLER, rf_reference(NUMBER), Money(amount))
    read = text_in(grid_of(shown.qr.path, shown.qr.size))
    assert read.split("\n") == [
        "BCD",
        "002",
        "1",
        "SCT",
        "BLOPIT22",
        "Demo Software S.r.l.",
        "IT60X0542811101000000123456",
        written,
        "",
        "RF32ORD2026000123",
    ]
    assert read == shown.payload
    assert (shown.beneficiary, shown.iban, shown.reference) == (SELLER.name, SELLER.iban, "RF32ORD2026000123")


def test_accents_of_a_name_survive_in_the_code() -> None:
    shown = transfer_instructions(replace(SELLER, name="Società Così S.r.l."), rf_reference(NUMBER), Money(100))
    assert text_in(grid_of(shown.qr.path, shown.qr.size)).split("\n")[5] == "Società Così S.r.l."


def test_what_is_printed_passes_the_check_digits_of_iban_and_reference() -> None:
    shown = transfer_instructions(SELLER, rf_reference(NUMBER), Money(100))
    assert iban.is_valid(shown.iban)
    assert iso11649.is_valid(shown.reference)


@pytest.mark.parametrize(
    ("seller", "reference", "what"),
    [
        (replace(SELLER, iban="IT61X0542811101000000123456"), rf_reference(NUMBER), "iban"),
        (replace(SELLER, iban=""), rf_reference(NUMBER), "iban"),
        (SELLER, "RF33ORD2026000123", "reference"),
    ],
)
def test_a_wrong_account_or_reference_is_never_shown(seller: Seller, reference: str, what: str) -> None:
    with pytest.raises(InstructionsRefused) as refused:
        transfer_instructions(seller, reference, Money(100))
    assert refused.value.what == what
