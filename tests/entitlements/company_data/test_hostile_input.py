"""Whatever is sent, a check answers: it never raises, and never gives back hidden characters."""

import unicodedata
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entitlements.company_data import (
    STEP_FIELDS,
    CompanyStep,
    Problem,
    check_ateco,
    check_billing,
    check_company,
    check_iban,
    check_step,
    person_facts,
    search_ateco,
    search_places,
    sentence_of,
)

TODAY = date(2026, 11, 22)
# The first example reads the lists of comuni and activities, which takes longer than a deadline for one allows.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FIELDS = [field for step in CompanyStep for field in STEP_FIELDS[step]] + ["purchase_order_ref"]
NASTY = st.sampled_from(
    [
        "\x00",
        "\u202e",
        "\ud800",
        "x" * 10_000,
        "9" * 10_000,
        "=1+1",
        "'; drop table companies; --",
        "%(written)s %s %",
        "<script>",
        "a@b.it\r\nBcc: x@y.it",
        "ﬃ" * 40,
        "²" * 11,
        "RSSMRA80A01H501U",
        "RSSMRA00B29H501Z",
        "IT60X0542811101000000123456",
        "0000000",
        "62.01.00",
        "ASSOCIATION",
        "LIMITED_COMPANY",
        "RF19",
        "SIMPLIFIED",
        "Milano",
        "OT",
        "97103880585",
    ]
)
TEXTS = st.one_of(NASTY, st.text(st.characters(), max_size=40), st.text("0123456789", max_size=17))
DRAFTS = st.dictionaries(st.sampled_from(FIELDS), TEXTS)


def is_presentable(problem: Problem) -> bool:
    sentence = sentence_of(problem)
    return sentence.endswith(".") and "%(" not in sentence and len(sentence) < 200


@patient
@given(DRAFTS)
def test_no_company_form_raises_and_every_problem_has_its_sentence(draft: dict[str, str]) -> None:
    check = check_company(draft, TODAY)
    assert (check.data is None) == bool(check.errors)
    assert all(is_presentable(problem) for problem in (*check.errors, *check.warnings))
    kept = "".join(check.draft.values())
    assert not any(unicodedata.category(character).startswith("C") for character in kept)
    assert max(len(value) for value in check.draft.values()) <= 300


@patient
@given(st.sampled_from(CompanyStep), DRAFTS, DRAFTS)
def test_no_step_of_the_form_raises(step: CompanyStep, raw: dict[str, str], known: dict[str, str]) -> None:
    result = check_step(step, raw, known, TODAY)
    assert (result.values is None) == bool(result.errors)
    assert all(is_presentable(problem) for problem in (*result.errors, *result.warnings))


@patient
@given(DRAFTS)
def test_no_billing_form_raises(draft: dict[str, str]) -> None:
    check = check_billing(draft)
    assert (check.data is None) == bool(check.errors)
    assert all(is_presentable(problem) for problem in (*check.errors, *check.warnings))


@patient
@given(TEXTS, TEXTS)
def test_no_search_and_no_single_check_raises(text: str, other: str) -> None:
    assert len(search_places(text)) <= 10
    assert len(search_ateco(text)) <= 20
    assert check_iban(text) is not None
    assert check_ateco(text, other, TODAY) is not None
    facts = person_facts(text, TODAY)
    assert facts is None or facts.born_on <= TODAY


@patient
@given(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([None, 7, True, ["x"], {}])))
def test_values_that_are_no_text_count_as_missing(draft: dict[str, object]) -> None:
    check = check_company(draft, TODAY)  # type: ignore[arg-type]
    assert check.data is None
    assert len(check.errors) == 16
