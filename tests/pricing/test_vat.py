import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import (
    ConflictingVatRates,
    InvalidDivision,
    InvalidVatRate,
    Money,
    TaxedNet,
    VatRate,
    gross_shares,
    half_up,
    total,
    vat_on,
    vat_shares,
    vat_summaries,
)
from tests.pricing.values import EXEMPT, ORDINARY, RATES, REDUCED, Unchecked
from tests.pricing.vectors import vectors

taxed_lines = st.lists(
    st.builds(TaxedNet, st.integers(0, 10**8).map(Money), st.sampled_from(RATES)), min_size=1, max_size=12
)


def test_vat_is_computed_once_per_rate_on_the_sum_of_the_nets() -> None:
    lines = [TaxedNet(Money(cents), ORDINARY) for cents in (2970, 1993, 1000, 1650)]
    (summary,) = vat_summaries(lines)
    assert (summary.net, summary.vat, summary.gross) == (Money(7613), Money(1675), Money(9288))
    assert total(vat_on(line.net, ORDINARY) for line in lines) == Money(1674)


def test_seven_packs_at_33_33_cost_284_64_however_they_are_listed() -> None:
    together = [TaxedNet(Money(3333) * 7, ORDINARY)]
    apart = [TaxedNet(Money(3333), ORDINARY)] * 7
    assert gross_shares(together) == (Money(28464),)
    assert total(gross_shares(apart)) == Money(28464)
    assert 7 * half_up(3333 * 12200, 10_000) == 28462


def test_rates_are_listed_from_the_highest_and_keep_their_own_cents() -> None:
    lines = [TaxedNet(Money(100), EXEMPT), TaxedNet(Money(105), REDUCED), TaxedNet(Money(999), ORDINARY)]
    assert [(summary.rate.code, summary.vat.cents) for summary in vat_summaries(lines)] == [
        ("22", 220),
        ("10", 11),
        ("N4", 0),
    ]
    assert vat_shares(lines) == (Money(0), Money(11), Money(220))


def test_equal_rates_are_listed_by_code() -> None:
    other = VatRate("22B", 2200, None, "IVA 22%")
    lines = [TaxedNet(Money(1), other), TaxedNet(Money(1), ORDINARY)]
    assert [summary.rate for summary in vat_summaries(lines)] == [ORDINARY, other]


def test_one_code_never_stands_for_two_rates() -> None:
    with pytest.raises(ConflictingVatRates) as refusal:
        vat_summaries([TaxedNet(Money(1), ORDINARY), TaxedNet(Money(1), VatRate("22", 2100, None, "IVA 21%"))])
    assert refusal.value.code == "22"


@pytest.mark.parametrize(
    ("basis_points", "nature"), [(2200, "N4"), (0, None), (-1, None), (10_001, None), (22.0, None), (True, None)]
)
def test_a_rate_has_either_vat_or_a_nature(basis_points: Unchecked, nature: str | None) -> None:
    with pytest.raises(InvalidVatRate) as refusal:
        VatRate("X", basis_points, nature, "")
    assert (refusal.value.code, refusal.value.nature) == ("X", nature)


def test_the_whole_of_an_amount_may_be_vat() -> None:
    assert vat_on(Money(1), VatRate("100", 10_000, None, "")) == Money(1)


def test_vat_is_not_shared_over_negative_lines() -> None:
    with pytest.raises(InvalidDivision):
        vat_shares([TaxedNet(Money(-100), ORDINARY), TaxedNet(Money(200), ORDINARY)])


@given(taxed_lines)
def test_gross_shares_add_up_to_the_gross_of_the_order(lines: list[TaxedNet]) -> None:
    summaries = vat_summaries(lines)
    assert total(gross_shares(lines)) == total(summary.gross for summary in summaries)
    assert total(summary.net for summary in summaries) == total(line.net for line in lines)
    for line, share in zip(lines, vat_shares(lines), strict=True):
        assert abs(share.cents * 10_000 - line.net.cents * line.rate.basis_points) < 2 * 10_000


@given(taxed_lines, st.randoms())
def test_the_order_of_the_lines_does_not_change_the_summary(lines: list[TaxedNet], chance: Unchecked) -> None:
    shuffled = list(lines)
    chance.shuffle(shuffled)
    assert vat_summaries(shuffled) == vat_summaries(lines)


@given(taxed_lines)
def test_the_vat_of_a_rate_is_within_half_a_cent_of_exact(lines: list[TaxedNet]) -> None:
    for summary in vat_summaries(lines):
        distance = summary.vat.cents * 10_000 - summary.net.cents * summary.rate.basis_points
        assert -5_000 < distance <= 5_000


def _rate(percent: str) -> VatRate:
    return VatRate(percent, Money.from_text(percent).cents, None, "")


def _smallest_units(amount: str, case: dict[str, Unchecked]) -> Money:
    # A yen has no cents: its whole number takes the place of ours.
    return Money(int(amount)) if case["currency"] == "JPY" else Money.from_text(amount)


def test_published_roundings_agree_in_the_mode_sum_by_net() -> None:
    cases = vectors("pretix_vat_rounding.json")["cases"]
    assert {case["mode"] for case in cases} == {"line", "sum_by_net", "sum_by_net_keep_gross"}
    ours = [case for case in cases if case["mode"] == "sum_by_net"]
    assert len(ours) == 4
    for case in ours:
        published = case["lines"]
        net = _smallest_units(published["gross"], case) - _smallest_units(published["tax"], case)
        lines = [TaxedNet(net, _rate(published["rate"]))] * published["n"]
        (summary,) = vat_summaries(lines)
        assert (summary.net, summary.vat, summary.gross) == tuple(
            _smallest_units(case[name], case) for name in ("net", "tax", "gross")
        )
        assert total(gross_shares(lines)) == summary.gross


def test_published_facts_of_other_shops_agree_where_prices_are_net() -> None:
    facts = vectors("pretix_vat_rounding.json")["mixed_facts"]
    split, notes, document, sum_of_four, net_price, gross_price = facts
    assert vat_on(Money.from_text(split["net"]), _rate(split["rate"])) == Money.from_text(split["tax"])

    four = [TaxedNet(Money.from_text(net), _rate(notes["rate"])) for net in notes["nets"]]
    assert total(gross_shares(four)) == Money.from_text(notes["invoice_total"])
    apart = total(line.net + vat_on(line.net, line.rate) for line in four)
    assert apart == Money.from_text(notes["sum_of_four_independent_credit_notes"])

    ten = [TaxedNet(Money.from_text(document["unit_net"]), _rate(document["rate"]))] * document["qty"]
    assert total(gross_shares(ten)) == Money.from_text(document["per_document"])

    units = Money.from_text(sum_of_four["unit_net"]) * sum_of_four["qty"]
    assert units == Money.from_text(sum_of_four["net"])
    assert vat_on(units, _rate(sum_of_four["rate"])) == Money.from_text(sum_of_four["tax_on_sum"])

    for fact in (net_price, gross_price):
        net = Money.from_text(fact["net"])
        assert net + vat_on(net, _rate(fact["rate"])) == Money.from_text(fact["gross"])
