"""A company and a studio that pass every check; a test changes the one field it is about."""

from datetime import date

import pytest


@pytest.fixture
def today() -> date:
    return date(2026, 11, 22)


@pytest.fixture
def company() -> dict[str, str]:
    return {
        "vat_number": "06363391001",
        "tax_code": "06363391001",
        "name": "Officina Brambilla",
        "legal_form": "GENERAL_PARTNERSHIP",
        "tax_regime": "RF01",
        "street": "Via Roma 1",
        "postal_code": "20121",
        "city": "Milano",
        "province": "MI",
        "country": "IT",
        "first_name": "Mario",
        "last_name": "Rossi",
        "representative_tax_code": "RSSMRA80A01H501U",
        "representative_email": "",
        "ateco_code": "62.10.00",
        "ateco_edition": "2025",
        "accounting_regime": "SIMPLIFIED",
        "email": "info@brambilla.example",
        "pec": "",
        "sdi_code": "M5UXCR1",
        "phone": "",
    }


@pytest.fixture
def studio() -> dict[str, str]:
    return {
        "vat_number": "00743110157",
        "tax_code": "00743110157",
        "name": "Studio Ferraris & Conti",
        "street": "Corso Vittorio Emanuele II 12",
        "postal_code": "10123",
        "city": "Torino",
        "province": "TO",
        "email": "studio@ferraris.example",
        "pec": "ferraris@pec.example",
        "sdi_code": "",
        "phone": "011 5551234",
    }
