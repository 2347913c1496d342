from datetime import date

import pytest

from entitlements.company_data import PersonFacts, person_facts
from entitlements.company_data.person_codes import first_name_letters, is_adult, last_name_letters


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("RSSMRA80A01H501U", PersonFacts(date(1980, 1, 1), "M")),
        ("RSSMRA80A41H501Y", PersonFacts(date(1980, 1, 1), "F")),
        ("RSSMRA80A01HR01P", PersonFacts(date(1980, 1, 1), "M")),
        ("MRTMTT25D09F205Z", PersonFacts(date(2025, 4, 9), "M")),
    ],
)
def test_a_tax_code_tells_birth_date_and_gender(code: str, facts: PersonFacts, today: date) -> None:
    assert person_facts(code, today) == facts


def test_omocodia_in_the_day_is_read(today: date) -> None:
    assert person_facts("RSSMRA80ALMH501X", today) == PersonFacts(date(1980, 1, 1), "M")


def test_a_birth_date_is_never_in_the_future(today: date) -> None:
    facts = person_facts("RSSMRA26T31H501C", today)
    assert facts == PersonFacts(date(1926, 12, 31), "M")


def test_a_company_s_tax_code_tells_nothing_of_a_person(today: date) -> None:
    assert person_facts("00743110157", today) is None


@pytest.mark.parametrize(("day", "adult"), [(date(2028, 3, 14), False), (date(2028, 3, 15), True)])
def test_eighteen_is_reached_on_the_birthday(day: date, *, adult: bool) -> None:
    assert is_adult(PersonFacts(date(2010, 3, 15), "F"), day) is adult


@pytest.mark.parametrize(
    ("last_name", "letters"),
    [("Rossi", "RSS"), ("Fo", "FOX"), ("Aiello", "LLA"), ("D'Amico", "DMC"), ("Nicolò", "NCL"), ("", "XXX")],
)
def test_the_letters_of_a_last_name(last_name: str, letters: str) -> None:
    assert last_name_letters(last_name) == letters


@pytest.mark.parametrize(
    ("first_name", "letters"),
    [("Mario", "MRA"), ("Giulia", "GLI"), ("Gianfranco", "GFR"), ("Maria Teresa", "MTR"), ("Al", "LAX")],
)
def test_the_letters_of_a_first_name(first_name: str, letters: str) -> None:
    assert first_name_letters(first_name) == letters
