from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from pricing import (
    ActiveService,
    AnnualPrice,
    ExtensionProposal,
    ExtensionRequest,
    ExtensionScope,
    LineKind,
    Money,
    OffPolicy,
    Outcome,
    ProrationMode,
    RenewalRequired,
    WantedItem,
    charge,
    half_up,
    months_ceil,
    propose_extension,
    settle_extension,
    total,
    twelve_month_term,
    vat_on,
)
from tests.pricing.values import ORDINARY, RATES, prices

bought_on = st.dates(date(2026, 1, 1), date(2028, 12, 31))
annual_prices = st.builds(AnnualPrice, prices, st.integers(1, 50), st.sampled_from(ProrationMode))
telescoping = st.builds(AnnualPrice, prices, st.integers(1, 50))


@st.composite
def lots(draw: st.DrawFn, service_id: str, sku: str, day: date, price: st.SearchStrategy[AnnualPrice]) -> ActiveService:
    ends_on = day + timedelta(days=draw(st.integers(1, 800)))
    anchor = draw(st.dates(day - timedelta(days=1200), ends_on - timedelta(days=1)))
    return ActiveService(service_id, sku, draw(price), draw(st.sampled_from(RATES)), anchor, ends_on)


@st.composite
def requests(draw: st.DrawFn, price: st.SearchStrategy[AnnualPrice] = annual_prices) -> ExtensionRequest:
    day = draw(bought_on)
    skus = draw(st.lists(st.sampled_from(["DOC", "SEAT", "ORD"]), max_size=4))
    wanted = st.builds(
        WantedItem,
        sku=st.sampled_from(["DOC", "INC", "SEAT"]),
        price=price,
        rate=st.sampled_from(RATES),
        off_policy=st.sampled_from(OffPolicy),
    )
    woo = WantedItem("WOO", draw(price), ORDINARY, draw(st.sampled_from(OffPolicy)), requires=("DOC",))
    return ExtensionRequest(
        activates_on=day,
        base=draw(lots("base", "BASE", day, price)),
        others=tuple(draw(lots(f"other{place}", sku, day, price)) for place, sku in enumerate(skus)),
        wanted=(*draw(st.lists(wanted, min_size=1, max_size=3)), *((woo,) if draw(st.booleans()) else ())),
        scope=draw(st.sampled_from(ExtensionScope)),
    )


def answered(request: ExtensionRequest) -> ExtensionProposal:
    answer = propose_extension(request)
    assert not isinstance(answer, RenewalRequired)
    return answer


def both(request: ExtensionRequest) -> tuple[Outcome, Outcome]:
    answer = answered(request)
    return answer.on, answer.off


@given(requests())
def test_no_service_ever_ends_earlier(request: ExtensionRequest) -> None:
    for outcome in both(request):
        assert [end.service_id for end in outcome.ends] == [service.service_id for service in request.services]
        assert all(end.ends_on >= end.ends_before for end in outcome.ends)


@given(requests())
def test_after_extending_all_covered_services_end_on_one_day(request: ExtensionRequest) -> None:
    answer = answered(request)
    new_end = twelve_month_term(request.activates_on).ends_on
    assert {line.term.ends_on for line in answer.on.lines} == {new_end}
    if answer.toggle_shown and request.scope is ExtensionScope.ALL_ACTIVE:
        assert all(end.ends_on >= new_end for end in answer.on.ends)
        assert all(end.ends_on in (new_end, end.ends_before) for end in answer.on.ends)


@given(requests())
def test_not_extending_never_moves_or_charges_another_service(request: ExtensionRequest) -> None:
    off = answered(request).off
    assert all(end.ends_on == end.ends_before for end in off.ends)
    assert {line.kind for line in off.lines} == {LineKind.ADD_ON}
    for line, item in zip(off.lines, request.wanted, strict=True):
        assert request.base is not None
        if item.off_policy is not OffPolicy.KEEP_OWN_TERM:
            assert line.term.ends_on <= request.base.ends_on


@given(requests())
def test_lines_add_up_to_the_net_and_vat_comes_once_per_rate_from_the_summary(request: ExtensionRequest) -> None:
    for outcome in both(request):
        assert total(line.net for line in outcome.lines) == outcome.net
        assert outcome.net + outcome.vat == outcome.gross
        for summary in outcome.vat_summaries:
            assert summary.net == total(line.net for line in outcome.lines if line.rate == summary.rate)
            assert summary.vat == vat_on(summary.net, summary.rate)


@given(requests(telescoping), st.integers(0, 400))
def test_two_extensions_cost_exactly_what_one_over_the_same_span_costs(
    request: ExtensionRequest, days_later: int
) -> None:
    first = answered(request)
    assume(first.toggle_shown)
    assert request.base is not None
    ends = {end.service_id: end.ends_on for end in first.on.ends}
    extended = replace(request.base, ends_on=ends["base"])
    later = replace(request, activates_on=request.activates_on + timedelta(days=days_later), base=extended, others=())
    second = propose_extension(later)
    assume(isinstance(second, ExtensionProposal) and second.toggle_shown)
    assert isinstance(second, ExtensionProposal)
    steps = [line for outcome in (first.on, second.on) for line in outcome.lines if line.service_id == "base"]
    price, base = request.base.price, request.base
    whole = charge(price.unit_net, price.quantity, base.anchor, base.ends_on, second.on.ends[0].ends_on)
    assert total(line.net for line in steps) == whole
    assert sum(line.formula.part for line in steps) == months_ceil(
        base.anchor, second.on.ends[0].ends_on
    ) - months_ceil(base.anchor, base.ends_on)


@given(requests(telescoping))
def test_printed_months_and_cents_agree_to_a_named_cent(request: ExtensionRequest) -> None:
    for line in answered(request).on.lines:
        formula = line.formula
        plain = half_up((formula.unit_net * formula.quantity).cents * formula.part, formula.whole)
        assert line.net == Money(plain) + formula.rounding
        assert formula.rounding in (Money(-1), Money(0), Money(1))


@given(requests())
def test_a_module_never_outlives_the_one_it_needs_in_an_orderable_outcome(request: ExtensionRequest) -> None:
    for outcome in both(request):
        documents = [end.ends_on for end in outcome.ends if end.sku == "DOC" and end.ends_on > request.activates_on]
        documents += [line.term.ends_on for line in outcome.lines if line.sku == "DOC" and line.service_id is None]
        for line in outcome.lines:
            if line.sku == "WOO" and not outcome.unmet:
                assert line.term.ends_on <= max(documents)
            if line.sku == "WOO" and outcome.unmet:
                assert all(line.term.ends_on > covered for covered in documents)


@given(requests(), st.integers(1, 50))
def test_a_change_of_quantity_never_alters_an_earlier_lot(request: ExtensionRequest, quantity: int) -> None:
    more = replace(
        request,
        wanted=tuple(replace(item, price=replace(item.price, quantity=quantity)) for item in request.wanted),
    )
    for before, after in zip(both(request), both(more), strict=True):
        assert after.ends == before.ends
        assert [line for line in after.lines if line.service_id] == [line for line in before.lines if line.service_id]


@given(requests())
def test_an_extension_pays_only_for_days_its_service_did_not_have(request: ExtensionRequest) -> None:
    ends = {service.service_id: service.ends_on for service in request.services}
    extensions = [line for line in answered(request).on.lines if line.service_id]
    assert len({line.service_id for line in extensions}) == len(extensions)
    assert all(line.term.starts_on == ends[str(line.service_id)] for line in extensions)


@given(requests())
def test_forfeited_months_are_reported_exactly_when_a_full_price_is_cut(request: ExtensionRequest) -> None:
    answer = answered(request)
    own_end = twelve_month_term(request.activates_on).ends_on
    assert answer.on.months_forfeited == 0
    for line, item in zip(answer.off.lines, request.wanted, strict=True):
        cut = answer.toggle_shown and item.off_policy is OffPolicy.TRUNCATE
        assert line.months_forfeited == (months_ceil(line.term.ends_on, own_end) if cut else 0)
        assert (line.months_forfeited > 0) == cut


@given(requests(), st.integers(0, 20), st.booleans())
def test_paying_later_never_changes_the_amount_nor_shortens_what_was_quoted(
    request: ExtensionRequest, days_later: int, extend: bool
) -> None:
    answer = answered(request)
    quoted = answer.on if extend else answer.off
    settled = settle_extension(request, extend=extend, paid_on=request.activates_on + timedelta(days=days_later))
    assume(isinstance(settled, Outcome))
    assert isinstance(settled, Outcome)
    assert settled.gross == quoted.gross
    for line, before in zip(settled.lines[: len(request.wanted)], quoted.lines, strict=False):
        assert line.term.ends_on >= before.term.ends_on
    assert all(end.ends_on >= before.ends_on for end, before in zip(settled.ends, quoted.ends, strict=True))
