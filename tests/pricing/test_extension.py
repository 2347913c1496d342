from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pricing import (
    ActiveService,
    AnnualPrice,
    Counted,
    ExtensionCase,
    ExtensionProposal,
    ExtensionRequest,
    ExtensionScope,
    InvalidQuantity,
    InvalidTerm,
    LineKind,
    Money,
    NegativeAmount,
    NotACivilDay,
    OffPolicy,
    Outcome,
    ProrationMode,
    RenewalRequired,
    UnmetRequirement,
    WantedItem,
    add_months,
    propose_extension,
)
from tests.pricing.values import ORDINARY, REDUCED, Unchecked
from tests.pricing.vectors import vectors


def service(sku: str, cents: int, ends_on: date, quantity: int = 1, **more: Unchecked) -> ActiveService:
    mode = more.pop("mode", ProrationMode.TELESCOPING)
    anchor = more.pop("anchor", add_months(ends_on, -12))
    return ActiveService(sku.lower(), sku, AnnualPrice(Money(cents), quantity, mode), ORDINARY, anchor, ends_on)


def item(sku: str, cents: int, quantity: int = 1, **more: Unchecked) -> WantedItem:
    mode = more.pop("mode", ProrationMode.TELESCOPING)
    return WantedItem(sku, AnnualPrice(Money(cents), quantity, mode), more.pop("rate", ORDINARY), **more)


def proposal(request: ExtensionRequest) -> ExtensionProposal:
    answer = propose_extension(request)
    assert isinstance(answer, ExtensionProposal)
    return answer


BASE = service("BASE", 2990, date(2027, 3, 15))
DOC = item("DOC", 1500)
WOO = item("WOO", 2500, requires=("DOC",))
SEPTEMBER = date(2026, 9, 15)


def test_a_base_and_its_add_ons_bought_together_run_twelve_months_at_full_price() -> None:
    answer = proposal(ExtensionRequest(SEPTEMBER, None, (), (item("BASE", 2990), DOC)))
    assert answer.case is ExtensionCase.NO_BASE
    assert not answer.toggle_shown
    assert answer.on is answer.off
    assert [(line.sku, line.net, line.term.ends_on) for line in answer.on.lines] == [
        ("BASE", Money(2990), date(2027, 9, 15)),
        ("DOC", Money(1500), date(2027, 9, 15)),
    ]


def test_nothing_is_missing_when_the_base_outlives_the_add_on() -> None:
    base = replace(BASE, ends_on=date(2028, 5, 20))
    old_seats = service("SEAT", 990, date(2027, 1, 1), 2)
    answer = proposal(ExtensionRequest(SEPTEMBER, base, (old_seats,), (DOC,)))
    assert answer.case is ExtensionCase.WITHIN_BASE
    assert not answer.toggle_shown
    assert answer.on is answer.off
    assert answer.on.net == Money(1500)
    assert [(end.service_id, end.ends_on) for end in answer.on.ends] == [
        ("base", date(2028, 5, 20)),
        ("seat", date(2027, 1, 1)),
    ]


def test_an_expired_base_must_be_renewed_first() -> None:
    expired = replace(BASE, ends_on=SEPTEMBER)
    assert propose_extension(ExtensionRequest(SEPTEMBER, expired, (), (DOC,))) == RenewalRequired(expired)


def test_a_base_on_its_last_day_is_still_active() -> None:
    last_day = replace(BASE, ends_on=date(2026, 9, 16))
    answer = proposal(ExtensionRequest(SEPTEMBER, last_day, (), (DOC,)))
    assert answer.off.lines[0].usable_months == 1
    assert answer.off.months_forfeited == 12


def test_extending_pays_the_missing_months_of_the_base() -> None:
    answer = proposal(ExtensionRequest(SEPTEMBER, BASE, (), (DOC,)))
    assert answer.toggle_shown
    add_on, extension = answer.on.lines
    assert (add_on.kind, add_on.service_id, add_on.net) == (LineKind.ADD_ON, None, Money(1500))
    assert (extension.kind, extension.service_id, extension.net) == (LineKind.EXTENSION, "base", Money(1495))
    assert (extension.formula.part, extension.formula.whole, extension.formula.counted) == (6, 12, Counted.MONTHS)
    assert (extension.term.starts_on, extension.term.ends_on) == (date(2027, 3, 15), date(2027, 9, 15))
    assert (answer.on.net, answer.on.vat, answer.on.gross) == (Money(2995), Money(659), Money(3654))
    assert [end.ends_on for end in answer.on.ends] == [date(2027, 9, 15)]


def test_not_extending_cuts_the_add_on_at_the_full_price_and_says_what_is_lost() -> None:
    off = proposal(ExtensionRequest(SEPTEMBER, BASE, (), (DOC,))).off
    (line,) = off.lines
    assert (line.net, line.term.ends_on, line.months_forfeited) == (Money(1500), BASE.ends_on, 6)
    assert (line.formula.part, line.formula.whole, line.usable_months) == (12, 12, 6)
    assert [(end.ends_before, end.ends_on) for end in off.ends] == [(BASE.ends_on, BASE.ends_on)]


def test_each_product_follows_its_own_policy_when_nothing_is_extended() -> None:
    wanted = (
        item("CUT", 1500),
        item("OWN", 1500, off_policy=OffPolicy.KEEP_OWN_TERM),
        item("PART", 1500, off_policy=OffPolicy.PRORATE_TO_BASE),
    )
    cut, own, part = proposal(ExtensionRequest(SEPTEMBER, BASE, (), wanted)).off.lines
    assert (cut.net, cut.term.ends_on, cut.months_forfeited) == (Money(1500), date(2027, 3, 15), 6)
    assert (own.net, own.term.ends_on, own.months_forfeited) == (Money(1500), date(2027, 9, 15), 0)
    assert (part.net, part.term.ends_on, part.months_forfeited) == (Money(750), date(2027, 3, 15), 0)
    assert part.formula.part == 6


def test_an_extension_covers_all_active_services_unless_the_catalogue_says_the_base_only() -> None:
    seats = service("SEAT", 990, date(2027, 1, 15), 2)
    request = ExtensionRequest(SEPTEMBER, BASE, (seats,), (DOC,))
    assert [line.service_id for line in proposal(request).on.lines] == [None, "base", "seat"]
    base_only = proposal(replace(request, scope=ExtensionScope.BASE_ONLY)).on
    assert [line.service_id for line in base_only.lines] == [None, "base"]
    assert base_only.ends[1].ends_on == date(2027, 1, 15)


def test_a_service_that_outlives_the_new_expiry_or_has_ended_is_left_alone() -> None:
    longer = service("SEAT", 990, date(2029, 1, 1))
    ended = service("OLD", 990, SEPTEMBER)
    same_day = service("SAME", 990, date(2027, 9, 15))
    on = proposal(ExtensionRequest(SEPTEMBER, BASE, (longer, ended, same_day), (DOC,))).on
    assert [line.service_id for line in on.lines] == [None, "base"]
    assert [end.ends_on for end in on.ends[1:]] == [date(2029, 1, 1), SEPTEMBER, date(2027, 9, 15)]


def test_one_line_extends_a_service_however_many_add_ons_are_bought() -> None:
    on = proposal(ExtensionRequest(SEPTEMBER, BASE, (), (DOC, WOO))).on
    assert [(line.kind, line.sku) for line in on.lines] == [
        (LineKind.ADD_ON, "DOC"),
        (LineKind.ADD_ON, "WOO"),
        (LineKind.EXTENSION, "BASE"),
    ]
    assert on.unmet == ()


def test_a_module_that_needs_another_is_not_orderable_beyond_it() -> None:
    request = ExtensionRequest(SEPTEMBER, BASE, (), (WOO,))
    assert proposal(request).on.unmet == (UnmetRequirement("WOO", "DOC", date(2027, 9, 15), None),)
    short = service("DOC", 1500, date(2027, 1, 1))
    both = proposal(replace(request, others=(short,)))
    assert both.on.unmet == ()
    assert both.off.unmet == (UnmetRequirement("WOO", "DOC", date(2027, 3, 15), date(2027, 1, 1)),)
    ended = service("DOC", 1500, SEPTEMBER)
    assert proposal(replace(request, others=(ended,))).on.unmet[0].covered_until is None


def test_the_longest_lot_of_a_product_is_the_one_that_covers() -> None:
    lots = (service("DOC", 1500, date(2027, 3, 15)), replace(service("DOC", 1500, date(2027, 1, 1)), service_id="doc2"))
    assert proposal(ExtensionRequest(SEPTEMBER, BASE, lots, (WOO,))).off.unmet == ()


def test_vat_is_summed_per_rate_over_add_ons_and_extensions() -> None:
    on = proposal(ExtensionRequest(SEPTEMBER, BASE, (), (item("BOOK", 1000, rate=REDUCED),))).on
    assert [(summary.rate.code, summary.vat) for summary in on.vat_summaries] == [
        ("22", Money(329)),
        ("10", Money(100)),
    ]


def test_a_cent_between_words_and_charge_is_named_as_rounding() -> None:
    # C(12) = 1.00, C(13) = 1.08, C(14) = 1.17: the fourteenth month costs 9 cents where 1.00 x 1/12 alone is 8.
    base = service("BASE", 100, date(2027, 2, 15), anchor=date(2026, 1, 15))
    on = proposal(ExtensionRequest(date(2026, 3, 10), base, (), (DOC,))).on
    formula = on.lines[1].formula
    assert (formula.part, formula.net, formula.rounding) == (1, Money(9), Money(1))


@pytest.mark.parametrize(
    ("mode", "cents", "part", "whole"),
    [
        (ProrationMode.TELESCOPING, 2243, 9, 12),
        (ProrationMode.MONTH_DAY, 2110, 8 * 30 + 14, 12 * 30),
        (ProrationMode.DAY_ACT, 2105, 257, 365),
    ],
)
def test_a_product_may_be_charged_by_another_mode(mode: ProrationMode, cents: int, part: int, whole: int) -> None:
    base = service("BASE", 2990, date(2027, 1, 1), mode=mode)
    extension = proposal(ExtensionRequest(SEPTEMBER, base, (), (DOC,))).on.lines[1]
    assert (extension.net, extension.formula.part, extension.formula.whole) == (Money(cents), part, whole)
    assert extension.formula.rounding == Money(0)


@pytest.mark.parametrize(("mode", "cents"), [(ProrationMode.MONTH_DAY, 1495), (ProrationMode.DAY_ACT, 1479)])
def test_a_leap_year_has_366_days_and_whole_months_stay_whole(mode: ProrationMode, cents: int) -> None:
    base = service("BASE", 2990, date(2028, 8, 31), mode=mode)
    assert proposal(ExtensionRequest(date(2028, 2, 29), base, (), (DOC,))).on.lines[1].net == Money(cents)


def test_values_that_make_no_sense_are_refused() -> None:
    with pytest.raises(NegativeAmount):
        item("X", -1)
    with pytest.raises(InvalidQuantity):
        item("X", 1, 0)
    with pytest.raises(InvalidTerm):
        service("X", 1, SEPTEMBER, anchor=SEPTEMBER)
    instant: Unchecked = datetime(2026, 9, 15, tzinfo=UTC)
    with pytest.raises(NotACivilDay):
        ExtensionRequest(instant, BASE, (), (DOC,))


def test_an_empty_cart_forfeits_nothing() -> None:
    assert Outcome((), (), ()).months_forfeited == 0
    assert Outcome((), (), ()).gross == Money(0)


_MODES = {"month_ceil": ProrationMode.TELESCOPING, "day_act": ProrationMode.DAY_ACT}


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _request_of(given: dict[str, Unchecked]) -> ExtensionRequest:
    mode = _MODES[given["mode"]]
    return ExtensionRequest(
        activates_on=_day(given["purchase"]),
        base=service("BASE", given["base_net"], _day(given["base_to_excl"]), mode=mode),
        others=tuple(
            service(sku, cents, _day(ends_on), quantity, mode=mode) for sku, cents, quantity, ends_on in given["others"]
        ),
        wanted=tuple(item(sku, cents, quantity, mode=mode) for sku, cents, quantity in given["items"]),
    )


def _figures(outcome: Outcome) -> dict[str, Unchecked]:
    lines: list[dict[str, Unchecked]] = []
    for line in outcome.lines:
        common = {"sku": line.sku, "qty": line.formula.quantity, "net": line.net.cents}
        if line.kind is LineKind.ADD_ON:
            lines.append({"kind": "addon", **common})
        else:
            days = (line.term.ends_on - line.term.starts_on).days
            lines.append({"kind": "extension", **common, "months": line.usable_months, "days": days})
    base, *others = outcome.ends
    (add_on_end,) = {line.term.ends_on for line in outcome.lines if line.kind is LineKind.ADD_ON}
    return {
        "lines": lines,
        "net": outcome.net.cents,
        "vat": outcome.vat.cents,
        "gross": outcome.gross.cents,
        "addon_to_excl": add_on_end.isoformat(),
        "base_to_excl": base.ends_on.isoformat(),
        "others_to_excl": {end.sku: end.ends_on.isoformat() for end in others},
        "addon_months_forfeited": outcome.months_forfeited,
    }


def test_every_published_extension_case_gives_the_published_figures() -> None:
    cases = vectors("extension_cases.json")
    assert len(cases) == 12
    for name, case in cases.items():
        assert case["input"]["term"] == 12, name
        answer = proposal(_request_of(case["input"]))
        outcome = answer.on if case["input"]["extension"] else answer.off
        assert _figures(outcome) == {key: value for key, value in case.items() if key != "input"}, name
        for line in outcome.lines:
            if line.formula.counted is Counted.MONTHS and line.kind is LineKind.EXTENSION:
                assert line.formula.part == line.usable_months, name
