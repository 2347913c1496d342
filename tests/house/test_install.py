"""`requirements/install.sh` makes the environment with an optimised Python where there is one, or the one named."""

import os
import shutil
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "requirements" / "install.sh"
NAMES = ("python3.14", "python3.13", "python3.12", "python3.11", "python3")
# A Python that answers what the script asks: can it make environments, was it compiled with its own profile. The one it
# puts into `.venv` knows pip, and says of every file that it is installed already.
STUB = """#!/bin/sh
case "$*" in
    *CONFIG_ARGS*) exit {not_optimised} ;;
    *ensurepip*) exit {unusable} ;;
    *--version*) echo "Python of {name}" ;;
    *"-m venv"*) mkdir -p .venv/bin; printf '#!/bin/sh\\necho known\\n' >.venv/bin/python; chmod +x .venv/bin/python
        echo known >.venv/installed-production; echo "{name}" >chosen ;;
esac
"""


def _python(folder: Path, name: str, kind: str) -> None:
    stub = folder / name
    stub.write_text(STUB.format(name=name, not_optimised=int(kind != "optimised"), unusable=int(kind == "unusable")))
    stub.chmod(0o755)


def _chosen(folder: Path, kinds: dict[str, str], named: str = "") -> str:
    """Which of these Pythons the script takes; those not mentioned cannot make environments."""
    (folder / "requirements").mkdir()
    (folder / "requirements" / "production.txt").write_text("")
    shutil.copy(SCRIPT, folder / "requirements")
    (folder / "bin").mkdir()
    for name in NAMES:
        _python(folder / "bin", name, kinds.get(name, "unusable"))
    environment = {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHON": named}
    script = [str(folder / "requirements" / SCRIPT.name), "production"]
    subprocess.run(script, env=environment, check=True, capture_output=True)
    return (folder / "chosen").read_text().strip()


def test_an_optimised_python_goes_before_a_newer_one_that_is_not(tmp_path: Path) -> None:
    kinds = {"python3.14": "plain", "python3.12": "optimised", "python3": "optimised"}
    assert _chosen(tmp_path, kinds) == "python3.12"


def test_one_that_cannot_make_environments_is_not_taken(tmp_path: Path) -> None:
    assert _chosen(tmp_path, {"python3.13": "unusable", "python3.11": "optimised"}) == "python3.11"


def test_the_one_that_is_named_is_taken(tmp_path: Path) -> None:
    assert _chosen(tmp_path, {"python3.14": "plain", "python3.12": "optimised"}, named="python3.14") == "python3.14"
