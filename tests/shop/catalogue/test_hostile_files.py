import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.catalogue import check_catalogue
from tests.shop.catalogue.texts import SMALL, mistakes_in

HOSTILE = {
    "too_large": "# " + "\n# ".join(["x" * 1_000] * 1_001),
    "line_too_long": "valid_from = 2026-01-01\nnote = " + "[" * 6_000,
    "too_deep": "note = " + "\n".join(["[" * 100] * 40) + "\n".join(["]" * 100] * 40),
    "not_utf8": 'note = "\ud800"',
}


@pytest.mark.parametrize("code", HOSTILE)
def test_a_file_of_hostile_size_or_form_is_refused(code: str) -> None:
    assert code in {mistake.code for mistake in mistakes_in(HOSTILE[code])}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("valid_from = 2026-01-01\nnote = \n", 2),
        ("valid_from = 2026-01-01\n[[product]\n", 2),
        ("a = 1\na = 2\n", 2),
        ('a = "never closed', 1),
        ("a = 1\nb = 2\nc", 3),
        ("a = " + "9" * 4_900, 1),
    ],
)
def test_a_file_that_is_not_toml_is_refused_with_the_line(text: str, line: int) -> None:
    (mistake,) = mistakes_in(text)
    assert (mistake.code, mistake.line) == ("not_toml", line)


def test_a_key_of_a_thousand_parts_is_only_an_unknown_key() -> None:
    codes = [mistake.code for mistake in mistakes_in(".".join(["a"] * 1_000) + " = 1\n" + SMALL)]
    assert codes == ["unknown_key"]


def test_too_many_products_are_refused() -> None:
    head, _, product = SMALL.partition("[[product]]")
    many = "\n".join(f'[[product]]\nsku = "P-{place}"' for place in range(2_001))
    assert "too_many" in {mistake.code for mistake in mistakes_in(head + many)}
    assert product


@pytest.mark.parametrize(
    "value", ["1", '"text"', "true", "[]", "[1]", "{}", "[[]]", "[{}]", "2026-01-01", "nan", "1e999"]
)
@pytest.mark.parametrize("key", ["valid_from", "note", "vat", "family", "coupon_type", "product", "extension_scope"])
def test_a_section_of_any_shape_is_answered_with_sentences(key: str, value: str) -> None:
    mistakes = mistakes_in(f"{key} = {value}\n")
    assert mistakes
    assert all(mistake.line == 1 and "%(" not in mistake.sentence for mistake in mistakes)


@given(st.text(max_size=300))
def test_any_text_at_all_is_answered(text: str) -> None:
    assert check_catalogue(text).mistakes


@given(
    st.integers(0, len(SMALL)),
    st.integers(0, 40),
    st.sampled_from(["", '"', "[", "]", "{", "=", "\n", "'''", "0", "#", "."]),
)
def test_a_damaged_file_is_answered(place: int, length: int, put: str) -> None:
    damaged = SMALL[:place] + put + SMALL[place + length :]
    checked = check_catalogue(damaged)
    assert (checked.catalogue is None) == bool(checked.mistakes)
    assert all(1 <= mistake.line <= damaged.count("\n") + 1 and mistake.sentence for mistake in checked.mistakes)
