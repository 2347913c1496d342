"""The identifiers that python-stdnum and a second library were both asked about."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from entitlements.company_data import (
    AtecoCode,
    Problem,
    check_ateco,
    check_iban,
    check_tax_code,
    check_vat_number,
    in_edition_2025,
)

VECTORS = Path(__file__).parents[3] / "../shared/data/id_vectors.json"


@pytest.fixture
def vectors() -> dict[str, Any]:
    if not VECTORS.exists():
        pytest.skip("the shared identifier vectors are not beside the project")
    read: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return read


def test_valid_vat_numbers_pass_and_the_others_do_not(vectors: dict[str, Any]) -> None:
    assert [check_vat_number(number) for number in vectors["piva_valid"]] == vectors["piva_valid"]
    assert all(isinstance(check_vat_number(number), Problem) for number in vectors["piva_invalid"])


def test_a_bad_office_code_is_named_as_such(vectors: dict[str, Any]) -> None:
    found = [check_vat_number(number) for number in vectors["piva_luhn_ok_but_office_code_bad"]]
    assert {problem.code for problem in found if isinstance(problem, Problem)} == {"vat_number_office"}
    assert all(isinstance(problem, Problem) for problem in found)


def test_valid_tax_codes_pass_omocodia_included_and_the_others_do_not(vectors: dict[str, Any]) -> None:
    valid = vectors["cf_valid"] + vectors["cf_omocodia_valid"] + vectors["cf_checksum_ok_place_unknown"]
    assert [check_tax_code(code) for code in valid] == valid
    assert all(isinstance(check_tax_code(code), Problem) for code in vectors["cf_invalid"])


def test_ibans_are_told_apart(vectors: dict[str, Any]) -> None:
    assert [check_iban(iban) for iban in vectors["iban_valid"]] == vectors["iban_valid"]
    assert all(isinstance(check_iban(iban), Problem) for iban in vectors["iban_invalid"])


def test_old_activities_are_found_in_their_edition_and_mapped(vectors: dict[str, Any], today: date) -> None:
    for code, successors in vectors["ateco"]["map_2022_2025"].items():
        activity = check_ateco(code, "", today)
        assert isinstance(activity, AtecoCode)
        assert activity.edition == "2022"
        assert [successor.code for successor in in_edition_2025(activity)] == successors
    for code in vectors["ateco"]["2025_only"]:
        activity = check_ateco(code, "", today)
        assert isinstance(activity, AtecoCode)
        assert activity.edition == "2025"
