"""What a person's tax code tells: birth date, gender, and the letters of the name. Only ever a reason to warn."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from stdnum.exceptions import ValidationError
from stdnum.it import codicefiscale

from entitlements.company_data.identifiers import is_person_tax_code

ADULT_AGE = 18
_VOWELS = frozenset("AEIOU")
_WOMAN_DAY = 40
_LIFETIME = 100
# A code given twice differs in the digits: these letters stand for 0 to 9 (omocodia).
_DIGITS = str.maketrans("LMNPQRSTUV", "0123456789")
_LETTERS_OF_NAME = 3
_MANY_CONSONANTS = 4


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Birth date and gender (`M` or `F`) as the tax code carries them."""

    born_on: date
    gender: Literal["M", "F"]


def person_facts(tax_code: str, today: date) -> PersonFacts | None:
    """Read a checked tax code; the century is the one that makes the person younger than a hundred years.

    Nothing for a code of eleven digits. stdnum's own `get_gender` fails on omocodia, so the day is read here.
    """
    if not is_person_tax_code(tax_code):
        return None
    day = tax_code[9:11].translate(_DIGITS)
    try:
        born_on = codicefiscale.get_birth_date(tax_code, minyear=today.year - _LIFETIME + 1)
    except (ValidationError, KeyError, ValueError):
        return None
    if born_on > today:
        born_on = _a_century_before(born_on)
    return PersonFacts(born_on, "F" if day.isdigit() and int(day) > _WOMAN_DAY else "M")


def _a_century_before(day: date) -> date:
    try:
        return day.replace(year=day.year - _LIFETIME)
    except ValueError:
        return day.replace(year=day.year - _LIFETIME, day=28)


def is_adult(facts: PersonFacts, today: date) -> bool:
    """Whether the person has turned eighteen on `today`."""
    born = facts.born_on
    birthday_passed = (today.month, today.day) >= (born.month, born.day)
    return today.year - born.year - (0 if birthday_passed else 1) >= ADULT_AGE


def last_name_letters(last_name: str) -> str:
    """The three letters a tax code begins with: consonants, then vowels, then X."""
    consonants, vowels = _letters(last_name)
    return f"{consonants}{vowels}XXX"[:_LETTERS_OF_NAME]


def first_name_letters(first_name: str) -> str:
    """The three letters of the first name: the first, third and fourth consonant when there are four or more."""
    consonants, vowels = _letters(first_name)
    if len(consonants) >= _MANY_CONSONANTS:
        return consonants[0] + consonants[2] + consonants[3]
    return f"{consonants}{vowels}XXX"[:_LETTERS_OF_NAME]


def _letters(name: str) -> tuple[str, str]:
    folded = unicodedata.normalize("NFKD", name).upper()
    letters = [letter for letter in folded if "A" <= letter <= "Z"]
    consonants = "".join(letter for letter in letters if letter not in _VOWELS)
    return consonants, "".join(letter for letter in letters if letter in _VOWELS)
