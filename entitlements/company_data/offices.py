"""The address of an office in Italy, checked against the list of comuni; shared by companies and studios."""

from __future__ import annotations

from collections.abc import Mapping

from entitlements.company_data.places import Place, place_by_name, places_named, provinces
from entitlements.company_data.plain_text import LINE_LENGTH, check_line, compact, raw_text
from entitlements.company_data.problems import Findings, Problem

POSTAL_CODE_LENGTH = 5
_PROVINCE_LENGTH = 2
ITALY = "IT"


def check_postal_code(text: str, field: str = "postal_code") -> str | Problem:
    """The five digits of a CAP. Errors: `postal_code_missing`, `postal_code_not_digits`, `postal_code_length`."""
    code = compact(text)
    if not code:
        return Problem(field, "postal_code_missing")
    if not (code.isascii() and code.isdigit()):
        return Problem(field, "postal_code_not_digits")
    if len(code) != POSTAL_CODE_LENGTH:
        return Problem(field, "postal_code_length", {"written": str(len(code))})
    return code


def check_province(text: str, field: str = "province") -> str | Problem:
    """The two letters of a province. Errors: `province_missing`, `province_shape`, `province_unknown`."""
    code = compact(text, also="()")
    if not code:
        return Problem(field, "province_missing")
    if len(code) != _PROVINCE_LENGTH or not (code.isascii() and code.isalpha()):
        return Problem(field, "province_shape")
    return code if code in provinces() else Problem(field, "province_unknown")


def check_address(raw: Mapping[str, str], findings: Findings) -> None:
    """Check street, CAP, comune, province and country into `findings`.

    A province or a CAP left blank is filled in when the comune leaves no choice. Pairings the list does not know
    are warnings: CAP and comune are many-to-many, and lists of comuni age.
    """
    if compact(raw_text(raw, "country")) not in ("", ITALY):
        findings.refuse("country", "country_not_italy")
    else:
        findings.take("country", ITALY)
    findings.take("street", check_line(raw_text(raw, "street"), "street", "street", LINE_LENGTH))
    city = findings.take("city", check_line(raw_text(raw, "city"), "city", "city", LINE_LENGTH))
    place = _place(city, raw)
    written_province = raw_text(raw, "province").strip() or (place.province if place else "")
    province = findings.take("province", check_province(written_province))
    only_code = place.postal_codes[0] if place and len(place.postal_codes) == 1 else ""
    postal_code = findings.take("postal_code", check_postal_code(raw_text(raw, "postal_code").strip() or only_code))
    if place:
        findings.values["city"] = place.name
    if city:
        _warn_of_pairings(city, province, postal_code, findings)


def _place(city: str, raw: Mapping[str, str]) -> Place | None:
    written = compact(raw_text(raw, "province"), also="()")
    if not city or len(written) > _PROVINCE_LENGTH:
        return None
    return place_by_name(city, written)


def _warn_of_pairings(city: str, province: str, postal_code: str, findings: Findings) -> None:
    namesakes = places_named(city)
    if not namesakes:
        findings.warn("city", "city_unknown")
        return
    here = [place for place in namesakes if not province or place.may_be_in(province)]
    if not here:
        first = namesakes[0]
        findings.warn("province", "city_in_other_province", city=first.name, expected=first.province, province=province)
    elif postal_code and not any(place.may_have(postal_code) for place in here):
        findings.warn("postal_code", "postal_code_of_other_city", postal_code=postal_code, city=here[0].name)
