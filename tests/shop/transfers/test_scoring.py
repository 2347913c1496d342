from dataclasses import replace

import pytest

from shop.transfers.scoring import LOWEST_WORTH_SHOWING, LineFacts, OrderFacts, reasons_for, score_of, short_numbers

ORDER = OrderFacts("ORD-2026-000119", 17_934, "buyer", "Officina Brambilla S.r.l.", "06363391001", closed=False)
LINE = LineFacts(17_934, "", "", frozenset(), frozenset(), frozenset())


def score(line: LineFacts, order: OrderFacts = ORDER) -> int:
    """How well they fit."""
    return score_of(reasons_for(line, order))


def codes(line: LineFacts, order: OrderFacts = ORDER) -> list[str]:
    """Why they fit."""
    return [reason.code for reason in reasons_for(line, order)]


def test_everything_that_speaks_for_an_order_is_named() -> None:
    line = replace(
        LINE,
        text="saldo 06363391001",
        payer="OFFICINA BRAMBILLA SRL",
        named=frozenset({ORDER.number}),
        known_buyers=frozenset({"buyer"}),
    )
    assert codes(line) == ["reference", "amount", "known_payer", "vat_number", "name"]
    assert score(line) == 99


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"misspelt": frozenset({ORDER.number})}, "reference_misspelt"),
        ({"text": "saldo ordine 119 moduli"}, "number_shortened"),
        ({"left_cents": 17_900}, "amount_short"),
        ({"left_cents": 18_000}, "amount_over"),
    ],
)
def test_what_gives_pause_is_doubtful(changed: dict[str, object], code: str) -> None:
    reasons = reasons_for(replace(LINE, **changed), ORDER)  # type: ignore[arg-type]
    (found,) = (reason for reason in reasons if reason.code == code)
    assert found.doubtful


def test_a_different_amount_says_by_how_much() -> None:
    (short,) = reasons_for(replace(LINE, left_cents=17_900), ORDER)
    assert short.cents == 34


def test_a_right_reference_counts_more_than_a_name_and_an_amount_more_than_nothing() -> None:
    named = score(replace(LINE, named=frozenset({ORDER.number}), left_cents=1))
    assert named > score(replace(LINE, payer="Officina Brambilla")) > score(replace(LINE, left_cents=1))
    assert score(LINE) >= LOWEST_WORTH_SHOWING > score(replace(LINE, left_cents=1))


def test_an_equal_amount_on_a_closed_order_is_not_enough() -> None:
    assert score(LINE, replace(ORDER, closed=True)) < LOWEST_WORTH_SHOWING


@pytest.mark.parametrize("payer", ["STUDIO SRL", "Officina Rossi", ""])
def test_words_every_name_has_and_half_a_name_are_no_name(payer: str) -> None:
    assert "name" not in codes(replace(LINE, payer=payer))


def test_long_figures_are_no_short_numbers() -> None:
    assert short_numbers("119 del 15/09/2026, CRO 12345678901") == {119, 15, 9, 2026}
