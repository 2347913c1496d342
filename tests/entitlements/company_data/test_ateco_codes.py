from datetime import date

import pytest

from entitlements.company_data import (
    AtecoCode,
    Problem,
    check_ateco,
    default_edition,
    in_edition_2025,
    search_ateco,
)


@pytest.mark.parametrize(
    ("day", "edition"), [(date(2025, 3, 31), "2022"), (date(2025, 4, 1), "2025"), (date(2026, 11, 22), "2025")]
)
def test_the_edition_of_2025_is_offered_from_april(day: date, edition: str) -> None:
    assert default_edition(day) == edition


@pytest.mark.parametrize("written", ["62.10.00", "621000", " 62 10 00 "])
def test_a_code_is_read_with_or_without_dots(written: str, today: date) -> None:
    assert check_ateco(written, "2025", today) == AtecoCode(
        "62.10.00", "2025", "Attività di programmazione informatica"
    )


@pytest.mark.parametrize(
    ("written", "edition", "code"),
    [
        ("", "2025", "ateco_code_missing"),
        ("software", "2025", "ateco_code_shape"),
        ("62.10.000", "2025", "ateco_code_shape"),
        ("62.10", "2025", "ateco_code_too_short"),
        ("99.99.99", "2025", "ateco_code_unknown"),
        ("62.01.00", "2025", "ateco_code_other_edition"),
        ("62.10.00", "1991", "ateco_edition_unknown"),
    ],
)
def test_each_fault_of_an_activity_has_its_own_code(written: str, edition: str, code: str, today: date) -> None:
    problem = check_ateco(written, edition, today)
    assert isinstance(problem, Problem)
    assert problem.code == code


def test_without_an_edition_the_newest_that_has_the_code_is_taken(today: date) -> None:
    old = check_ateco("62.01.00", "", today)
    assert isinstance(old, AtecoCode)
    assert old.edition == "2022"
    only_2007 = check_ateco("93.21.00", "", today)
    assert isinstance(only_2007, AtecoCode)
    assert only_2007.edition in {"2025", "2007"}


def test_an_activity_split_in_many_shows_them_all() -> None:
    assert len(in_edition_2025(AtecoCode("47.91.10", "2022", ""))) > 50


def test_a_code_of_2007_goes_through_that_of_2022() -> None:
    assert [code.code for code in in_edition_2025(AtecoCode("62.01.00", "2007", ""))] == ["62.10.00"]
    assert in_edition_2025(AtecoCode("16.23.20", "2007", "")) == ()


def test_codes_are_searched_by_their_first_digits() -> None:
    found = search_ateco("62.1", limit=5)
    assert found
    assert all(activity.code.startswith("62.1") for activity in found)


@pytest.mark.parametrize(
    ("written", "code"), [("commercialista", "69.20.01"), ("SOFTWARE sviluppo", "62.10.00"), ("attivita legali", "")]
)
def test_titles_are_searched_by_words_in_any_order_and_number(written: str, code: str) -> None:
    assert (code or "69.10.10") in [activity.code for activity in search_ateco(written, limit=50)]


@pytest.mark.parametrize("written", ["", " ", "\x00", "qqqqq", "\ud800", "x" * 10_000])
def test_nonsense_finds_no_activity(written: str) -> None:
    assert search_ateco(written) == ()


def test_a_search_is_bounded_and_knows_its_editions() -> None:
    assert len(search_ateco("commercio", limit=10_000)) == 50
    assert search_ateco("commercio", "1991") == ()
    assert {activity.edition for activity in search_ateco("software", "2022")} == {"2022"}
