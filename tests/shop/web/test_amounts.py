import pytest

from foundation import formats
from shop.web.finance.reading import cents_of


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("179", 17_900),
        ("179,3", 17_930),
        ("179,34 €", 17_934),
        ("1.234", 123_400),
        ("1.234,50", 123_450),
        ("179.34", 17_934),
        ("€1,234.50", 123_450),
        ("1,234,567.89", 123_456_789),
    ],
)
def test_an_amount_is_read_as_either_language_writes_it(text: str, cents: int) -> None:
    assert cents_of(text) == cents


@pytest.mark.parametrize("text", ["", "dieci", "1,234", "12.34.56", "1.23,4", "-5", "1,2345", "1.2345"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert cents_of(text) is None


@pytest.mark.parametrize("language", formats.LANGUAGES)
@pytest.mark.parametrize("cents", [1, 100, 17_934, 123_456_789])
def test_an_amount_shown_in_a_form_can_be_sent_back(cents: int, language: str) -> None:
    assert cents_of(formats.money(cents, language)) == cents
