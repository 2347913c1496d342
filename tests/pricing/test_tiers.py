import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing import MAXIMUM_QUANTITY, InvalidQuantity, InvalidTiers, Money, NegativeAmount, Tier, TierRow, TierTable
from tests.pricing.values import Unchecked, quantities, tier_tables
from tests.pricing.vectors import vectors

TWO_OR_ONE = TierTable((Tier(1, Money(200)), Tier(101, Money(100))))


def test_every_pack_costs_the_price_of_the_tier_the_number_of_packs_falls_in() -> None:
    assert TWO_OR_ONE.unit_price(100) == Money(200)
    assert TWO_OR_ONE.unit_price(101) == Money(100)
    assert TWO_OR_ONE.line_net(100) == Money(20_000)
    assert TWO_OR_ONE.line_net(101) == Money(10_100)


@pytest.mark.parametrize(("quantity", "better"), [(50, None), (51, 101), (100, 101), (101, None), (5_000, None)])
def test_the_cart_can_say_buy_more_and_pay_less(quantity: int, better: int | None) -> None:
    assert TWO_OR_ONE.better_quantity(quantity) == better


def test_a_larger_quantity_at_the_same_total_is_better_too() -> None:
    assert TierTable((Tier(1, Money(300)), Tier(6, Money(250)))).better_quantity(5) == 6


def test_a_free_line_has_nothing_to_gain() -> None:
    assert TierTable((Tier(1, Money(0)), Tier(2, Money(0)))).better_quantity(1) is None


def test_a_table_is_read_row_by_row_and_the_last_row_is_open() -> None:
    assert TWO_OR_ONE.rows() == (TierRow(1, 100, Money(200)), TierRow(101, None, Money(100)))
    assert TierTable.flat(Money(5)).rows() == (TierRow(1, None, Money(5)),)


@pytest.mark.parametrize("starts", [(), (2,), (1, 1), (1, 5, 4)])
def test_tiers_start_at_one_and_grow_strictly(starts: tuple[int, ...]) -> None:
    with pytest.raises(InvalidTiers) as refusal:
        TierTable(tuple(Tier(start, Money(1)) for start in starts))
    assert refusal.value.from_quantities == starts


@pytest.mark.parametrize("quantity", [0, -1, MAXIMUM_QUANTITY + 1, True, 1.0, "2"])
def test_a_quantity_is_a_whole_number_within_bounds(quantity: Unchecked) -> None:
    with pytest.raises(InvalidQuantity) as refusal:
        TWO_OR_ONE.unit_price(quantity)
    assert (refusal.value.quantity, refusal.value.maximum) == (quantity, MAXIMUM_QUANTITY)


def test_the_bounds_themselves_are_allowed() -> None:
    assert TWO_OR_ONE.unit_price(1) == Money(200)
    assert TWO_OR_ONE.unit_price(MAXIMUM_QUANTITY) == Money(100)


def test_no_tier_has_a_negative_price_or_an_impossible_start() -> None:
    with pytest.raises(NegativeAmount) as refusal:
        Tier(1, Money(-1))
    assert refusal.value.cents == -1
    with pytest.raises(InvalidQuantity):
        Tier(0, Money(1))


@given(tier_tables(), quantities)
def test_a_unit_price_is_the_one_of_the_only_row_that_contains_the_quantity(table: TierTable, quantity: int) -> None:
    containing = [
        row
        for row in table.rows()
        if row.from_quantity <= quantity and (row.to_quantity is None or quantity <= row.to_quantity)
    ]
    assert [row.unit_net for row in containing] == [table.unit_price(quantity)]
    assert table.line_net(quantity) == table.unit_price(quantity) * quantity


@given(tier_tables(), st.integers(1, 300))
def test_the_better_quantity_is_the_smallest_that_costs_no_more(table: TierTable, quantity: int) -> None:
    price = table.line_net(quantity)
    larger = range(quantity + 1, 2_001)
    expected = next((other for other in larger if table.line_net(other) <= price), None) if price else None
    assert table.better_quantity(quantity) == expected


def test_published_volume_prices_agree_once_flat_fees_are_taken_off() -> None:
    published = vectors("lago_price_tiers.json")["volume"]
    ranges = published["ranges_from_to_unit_flat"]
    table = TierTable(tuple(Tier(max(start, 1), Money.from_text(unit)) for start, _, unit, _ in ranges))
    compared = []
    for units, amount in published["cases"]:
        if isinstance(units, int) and units >= 1:
            flat = [flat for start, _, _, flat in ranges if start <= units][-1]
            assert table.line_net(units) == Money.from_text(amount) - Money.from_text(flat)
            compared.append(units)
    assert compared == [1, 100, 101, 200, 300, 210]
    assert table.better_quantity(100) == 101


def test_published_package_prices_agree_when_packs_are_counted() -> None:
    published = vectors("lago_price_tiers.json")["package"]
    table = TierTable.flat(Money.from_text(published["price"]))
    for case in published["cases"]:
        packs = -(-max(case["units"] - case["free"], 0) // published["size"])
        amount = table.line_net(packs) if packs else Money(0)
        assert amount == Money.from_text(case["amount"])


def test_published_graduated_prices_are_not_how_gettone_charges() -> None:
    published = vectors("lago_price_tiers.json")["graduated"]
    table = TierTable(
        tuple(Tier(max(start, 1), Money.from_text(unit)) for start, _, unit, _ in published["ranges_from_to_unit_flat"])
    )
    assert dict(map(tuple, published["cases"]))[12] == "115"
    assert table.line_net(12) == Money.from_text("60")
