import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.house.source import ROOT, files, keep

PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)", re.IGNORECASE | re.MULTILINE)
ADDRESS = re.compile(r"https?://|--(extra-)?index-url|--find-links|--trusted-host")
# Written in two halves so that this file does not find itself.
HOSTS = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "deb.deb" + "ian.org",
    "crat" + "es.io",
)
MACHINE_PATH = re.compile(r"(?<![\w./$}~-])/(work|root|home/[a-z]+|Users)/")
BINARY = {".png", ".jpg", ".ico", ".woff2", ".ttf", ".otf", ".gz", ".mo", ".pdf", ".zip", ".xlsx"}
HEAVY = (
    "typst",
    "webauthn",
    "openpyxl",
    "alembic",
    "cryptography",
    "schwifty",
    "email_validator",
    "requests",
    "stripe",
    "ateco",
)
NO_SERVER = "postgresql+psycopg://nobody@/nothing?host=/nonexistent"


def _text_lines() -> Iterator[tuple[str, str]]:
    for path in files():
        if path.suffix not in BINARY:
            for number, line in enumerate((ROOT / path).read_text(errors="replace").splitlines(), start=1):
                yield f"{path}:{number}", line


@pytest.mark.parametrize("name", ["production", "development"])
def test_every_package_is_pinned_with_its_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    packages = re.split(r"\n(?=\S)", text.strip())
    loose = [
        package.split("\n")[0] for package in packages if not PINNED.match(package) or "--hash=sha256:" not in package
    ]
    keep("Run make lock: every line needs == and --hash.", loose)
    assert not ADDRESS.search(text), "Requirements name packages, never where to fetch them."


def test_tests_run_on_the_packages_that_are_shipped() -> None:
    production = dict(PINNED.findall((ROOT / "requirements/production.txt").read_text()))
    development = dict(PINNED.findall((ROOT / "requirements/development.txt").read_text()))
    different = [
        f"{name} {pin}, tested {development.get(name)}"
        for name, pin in production.items()
        if development.get(name) != pin
    ]
    keep("Run make lock, which resolves the development set under the pins of production.", different)


def test_no_file_names_a_package_registry() -> None:
    named = [place for place, line in _text_lines() if any(host in line for host in HOSTS)]
    keep("Name the package; where it comes from is the business of the machine.", named)


def test_no_file_names_a_folder_of_one_machine() -> None:
    named = [f"{place} {line.strip()[:80]}" for place, line in _text_lines() if MACHINE_PATH.search(line)]
    keep("Write paths from the root of the project, or ask the environment.", named)


def test_a_web_worker_starts_without_the_heavy_packages() -> None:
    if not (ROOT / "app.py").exists():
        pytest.skip("app.py is not written yet")
    asking = f"import sys, app; app.create_app(); print(*sorted(set(sys.modules) & {set(HEAVY)!r}))"
    environment = {"PATH": "/usr/bin:/bin", "DATABASE_URL": NO_SERVER}
    done = subprocess.run(
        [sys.executable, "-c", asking], check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    keep(
        "Import it inside the function that needs it: all of them together cost 125 MiB.",
        done.stdout.split(),
    )
