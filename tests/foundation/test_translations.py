import time
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from flask import Flask
from flask_babel import force_locale, gettext, ngettext, pgettext

from foundation.translations import SOURCE, catalogue


def test_a_text_is_said_in_the_readers_language(app: Flask) -> None:
    with app.test_request_context():
        assert gettext("Carrello") == "Carrello"
        with force_locale("en"):
            assert gettext("Carrello") == "Cart"


def test_counted_and_ambiguous_texts_are_said_in_english(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert ngettext("%(num)s coupon disponibile", "%(num)s coupon disponibili", 1) == "1 coupon available"
        assert ngettext("%(num)s coupon disponibile", "%(num)s coupon disponibili", 2) == "2 coupons available"
        assert gettext("Attiva") == "Active"
        assert pgettext("comando", "Attiva") == "Activate"


def test_what_was_compiled_once_is_read_by_the_next_start(tmp_path: Path) -> None:
    source = _source(tmp_path, "Cart")
    catalogue(source, tmp_path / "kept")
    (compiled,) = (tmp_path / "kept").iterdir()
    made_at = compiled.stat().st_mtime_ns
    assert catalogue(source, tmp_path / "kept").gettext("Carrello") == "Cart"
    assert compiled.stat().st_mtime_ns == made_at


def test_a_changed_source_is_compiled_anew_and_the_former_is_gone(tmp_path: Path) -> None:
    catalogue(_source(tmp_path, "Cart"), tmp_path / "kept")
    assert catalogue(_source(tmp_path, "Basket"), tmp_path / "kept").gettext("Carrello") == "Basket"
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_where_nothing_can_be_written_it_is_compiled_in_memory(tmp_path: Path) -> None:
    occupied = tmp_path / "kept"
    occupied.write_text("a file stands where the folder should")
    assert catalogue(_source(tmp_path, "Cart"), occupied / "deeper").gettext("Carrello") == "Cart"


def test_a_start_after_the_first_is_not_slowed(tmp_path: Path) -> None:
    catalogue(SOURCE, tmp_path)
    spent = []
    for _again in range(5):
        began = time.process_time()
        catalogue(SOURCE, tmp_path)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.06


def _source(folder: Path, english: str) -> Path:
    made = Catalog(locale="en")
    made.add("Carrello", english)
    written = BytesIO()
    write_po(written, made)
    source = folder / "messages.po"
    source.write_bytes(written.getvalue())
    return source
