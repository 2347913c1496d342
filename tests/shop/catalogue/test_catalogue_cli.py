import json
from pathlib import Path

from click.testing import CliRunner, Result

from shop.catalogue import catalogue_commands
from tests.shop.catalogue.texts import DEMO, SMALL, changed, line_of

WRONG = changed('net = "49.00"', "net = 49.00")


def _check(tmp_path: Path, content: bytes, *options: str) -> Result:
    file = tmp_path / "catalogue.toml"
    file.write_bytes(content)
    return CliRunner().invoke(catalogue_commands, ["check", str(file), *options])


def test_checking_a_right_file_exits_with_0(tmp_path: Path) -> None:
    done = _check(tmp_path, DEMO.read_bytes())
    assert done.exit_code == 0
    assert "27 prodotti" in done.stdout


def test_checking_a_wrong_file_exits_with_1_and_names_the_line(tmp_path: Path) -> None:
    done = _check(tmp_path, WRONG.encode())
    assert done.exit_code == 1
    assert f"riga {line_of(WRONG, 'net = 49.00')}, prodotto LITE-1:" in done.stderr


def test_checking_answers_a_program_in_json(tmp_path: Path) -> None:
    done = _check(tmp_path, WRONG.encode(), "--json")
    (mistake,) = json.loads(done.stdout)["mistakes"]
    assert (mistake["product"], mistake["code"]) == ("LITE-1", "price_not_text")
    assert mistake["line"] == line_of(WRONG, "net = 49.00")
    assert json.loads(_check(tmp_path, SMALL.encode(), "--json").stdout)["products"] == 2


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    done = _check(tmp_path, SMALL.encode("latin-1", "replace"))
    assert done.exit_code == 1
    assert f"riga {line_of(SMALL, 'Contabilità')}" in done.stderr


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert _check(tmp_path, SMALL.encode("utf-8-sig")).exit_code == 0


def test_a_file_that_is_not_there_is_wrong_usage() -> None:
    assert CliRunner().invoke(catalogue_commands, ["check", "no-such-file.toml"]).exit_code == 2
