import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.orders.numbers import rf_reference
from shop.transfers.references import OrderReference, references_in

NUMBER = "ORD-2026-000123"


@pytest.mark.parametrize(
    "text",
    [
        "RF32ORD2026000123",
        "rf32 ord2026 0001 23",
        "Saldo ORD-2026-000123 grazie",
        "0RD/2026/OOO123",
        "ord.2026.000l23",
        "RF32-0RD-2O26-OOOI23.",
        "/RFB/RF32ORD2026000123/",
    ],
)
def test_an_order_is_named_however_it_is_typed(text: str) -> None:
    assert references_in(text) == (OrderReference(NUMBER, certain=True),)


@pytest.mark.parametrize("text", ["RF33ORD2026000123", "RF32ORD2026000124"])
def test_a_wrong_check_digit_or_a_wrong_figure_is_not_certain(text: str) -> None:
    (found,) = references_in(text)
    assert not found.certain


@pytest.mark.parametrize("text", ["", None, "grazie", "ORD-26-123", "123456789012345678901234567890", "ORD"])
def test_nothing_is_read_where_nothing_is_named(text: str | None) -> None:
    assert references_in(text) == ()


def test_several_orders_stand_in_the_order_of_the_text_and_each_once() -> None:
    found = references_in("ORD-2026-000009 e ORD-2026-000002", "RF32ORD2026000123 ORD-2026-000009")
    assert [one.number for one in found] == ["ORD-2026-000009", "ORD-2026-000002", NUMBER]


def test_a_second_mention_with_right_check_digits_makes_it_certain() -> None:
    assert references_in("RF99ORD2026000123", "RF32ORD2026000123") == (OrderReference(NUMBER, certain=True),)


@given(st.integers(2024, 2099), st.integers(1, 999_999), st.sampled_from([" ", "-", "/", ".", ""]))
def test_every_reference_is_read_back(year: int, count: int, blank: str) -> None:
    number = f"ORD-{year}-{count:06d}"
    typed = blank.join(rf_reference(number))
    assert references_in(f"pagamento {typed}") == (OrderReference(number, certain=True),)


@given(st.text(max_size=3_000))
def test_no_text_is_an_error(text: str) -> None:
    assert all(one.number.startswith("ORD-") for one in references_in(text))
