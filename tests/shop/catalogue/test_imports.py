import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation import clock
from shop.catalogue import (
    CatalogueImport,
    CatalogueProduct,
    NoPriceBook,
    PriceBook,
    catalogue_commands,
    catalogue_to_toml,
    current_price_book,
    export_document,
    import_catalogue,
    price_book_version,
)
from tests.conftest import Transact
from tests.shop.catalogue.texts import SMALL, catalogue_of, changed
from tests.statements import statements

DEARER = changed('net = "50.00"', 'net = "55.00"')
NEXT_YEAR = changed("valid_from = 2026-01-01", "valid_from = 2027-01-01", DEARER)
SPRING = date(2026, 3, 1)


def _import(session: Session, text: str) -> CatalogueImport:
    return import_catalogue(session, catalogue_of(text))


def _price(session: Session, on: date) -> int:
    return current_price_book(session, on).product("CREDIT-50").tiers.unit_price(1).cents


def test_importing_the_same_file_twice_makes_one_version(tx: Transact) -> None:
    with tx() as session:
        first, second = _import(session, SMALL), _import(session, SMALL)
        assert (first.created, second.created) == (True, False)
        assert first.version == second.version
        assert session.scalar(select(func.count()).select_from(PriceBook)) == 1
        assert session.scalar(select(func.count()).select_from(CatalogueProduct)) == 2


def test_a_changed_price_makes_a_second_version_and_leaves_the_first_alone(tx: Transact) -> None:
    with tx() as session:
        first, second = _import(session, SMALL), _import(session, DEARER)
        assert second.version == first.version + 1
        assert (second.added, second.changed, second.removed) == ((), ("CREDIT-50",), ())
        assert _price(session, SPRING) == 5500
        old = price_book_version(session, first.version, SPRING)
        assert old.product("CREDIT-50").tiers.unit_price(1).cents == 5000


def test_going_back_to_the_earlier_file_makes_a_third_version(tx: Transact) -> None:
    with tx() as session:
        versions = [_import(session, text).version for text in (SMALL, DEARER, SMALL)]
        assert versions == [1, 2, 3]
        assert _price(session, SPRING) == 5000


def test_a_version_of_next_year_waits_for_its_day(tx: Transact) -> None:
    with tx() as session:
        _import(session, SMALL)
        _import(session, NEXT_YEAR)
        assert [_price(session, day) for day in (date(2026, 12, 31), date(2027, 1, 1))] == [5000, 5500]


def test_a_correction_of_this_year_does_not_undo_next_year(tx: Transact) -> None:
    with tx() as session:
        for text in (SMALL, NEXT_YEAR, changed('net = "50.00"', 'net = "52.00"')):
            _import(session, text)
        assert [_price(session, day) for day in (date(2026, 12, 31), date(2027, 1, 1))] == [5200, 5500]


def test_a_product_that_leaves_the_file_leaves_the_next_version_only(tx: Transact) -> None:
    without = SMALL[: SMALL.index('[[product]]\nsku = "CREDIT-50"')]
    with tx() as session:
        first, second = _import(session, SMALL), _import(session, without)
        assert second.removed == ("CREDIT-50",)
        assert price_book_version(session, first.version, SPRING).product("CREDIT-50").sku == "CREDIT-50"
        assert [product.sku for product in current_price_book(session, SPRING).products] == ["LITE-1"]


def test_a_day_before_every_version_has_no_price_book(tx: Transact) -> None:
    with tx() as session:
        _import(session, SMALL)
        with pytest.raises(NoPriceBook) as refused:
            current_price_book(session, date(2025, 12, 31))
        assert refused.value.on == date(2025, 12, 31)


def test_what_was_imported_is_exported_unchanged(tx: Transact) -> None:
    with tx() as session:
        _import(session, SMALL)
        assert catalogue_of(catalogue_to_toml(export_document(session))).sha256 == catalogue_of(SMALL).sha256


def test_reading_the_price_book_again_is_one_small_query(app: Flask, tx: Transact) -> None:
    with tx() as session:
        _import(session, SMALL)
        first = current_price_book(session, SPRING)
        with statements(app) as sent:
            assert current_price_book(session, SPRING) is first
    assert len([text for text in sent if "price_books" in text]) == 1
    assert not [text for text in sent if "catalogue_products" in text]


def _flask(app: Flask, *arguments: str) -> Result:
    # The program `flask` enters the application before it runs a command.
    with app.app_context():
        return CliRunner().invoke(catalogue_commands, list(arguments))


def _written(folder: Path, text: str) -> str:
    file = folder / "catalogue.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_dry_run_tells_what_would_change_and_changes_nothing(app: Flask, tx: Transact, tmp_path: Path) -> None:
    done = _flask(app, "import", _written(tmp_path, SMALL), "--dry-run", "--json")
    assert json.loads(done.stdout) | {"added": ["LITE-1", "CREDIT-50"], "dry_run": True} == json.loads(done.stdout)
    with tx() as session:
        assert session.scalar(select(func.count()).select_from(PriceBook)) == 0


def test_the_command_line_imports_once_and_exports_the_same(app: Flask, tmp_path: Path) -> None:
    file = _written(tmp_path, changed("valid_from = 2026-01-01", f"valid_from = {clock.today()}"))
    assert "È nata la versione 1" in _flask(app, "import", file).stdout
    assert "Niente di nuovo" in _flask(app, "import", file).stdout
    exported = _flask(app, "export")
    assert exported.exit_code == 0
    assert catalogue_of(exported.stdout).sha256 == catalogue_of(Path(file).read_text(encoding="utf-8")).sha256


def test_a_file_exported_with_an_answer_in_json_is_one_that_import_reads(app: Flask, tmp_path: Path) -> None:
    file = _written(tmp_path, changed("valid_from = 2026-01-01", f"valid_from = {clock.today()}"))
    _flask(app, "import", file)
    copy = str(tmp_path / "copy.toml")
    assert json.loads(_flask(app, "export", copy, "--json").stdout) == {"file": copy, "products": 2}
    assert "Niente di nuovo" in _flask(app, "import", copy).stdout
    assert len(json.loads(_flask(app, "export", "--json").stdout)["product"]) == 2


def test_exporting_before_any_import_is_refused_with_1(app: Flask) -> None:
    done = _flask(app, "export")
    assert done.exit_code == 1
    assert "importane uno" in done.stderr
