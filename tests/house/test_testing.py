import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT, imports, keep, modules

MOCKS = {"mock", "unittest.mock", "pytest_mock", "flexmock"}
# Of monkeypatch only what sets the stage outside the code: the environment, and the folder one stands in.
STAGE = {"setenv", "delenv", "chdir", "MonkeyPatch", "undo", "context"}
SKIPPING = """
import pytest

def test_one_that_is_skipped_here():
    pytest.skip("for a reason")

@pytest.mark.browser
def test_one_that_needs_a_browser():
    pytest.skip("no Chromium")
"""

COUNTED = """
import pytest
from counted import one, two

def test_that_counts():
    assert one() == 1

@pytest.mark.sweep
def test_that_does_not_count():
    assert two() == 2
"""


def test_tests_use_no_mocks() -> None:
    mocked = [
        f"{module.at(node)} imports {name}"
        for module in modules("tests", "benchmarks")
        for node, name in imports(module)
        if name in MOCKS
    ]
    keep("Use the shipped doubles (Null provisioner, console mailer, simulator) through the settings.", mocked)


def test_tests_patch_no_code() -> None:
    patched = [
        f"{module.at(node)} monkeypatch.{node.attr}"
        for module in modules("tests", "benchmarks")
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "monkeypatch"
        and node.attr not in STAGE
    ]
    keep("Pass the double in, or choose it by a setting; a test that patches proves the patch.", patched)


@pytest.mark.parametrize(("forbidden", "failed"), [("all", 2), ("all-but-browser", 1)])
def test_a_skip_is_a_failure_where_skips_are_forbidden(tmp_path: Path, forbidden: str, failed: int) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\n")
    # Only the plugin in question: the others would take longer to load than all of this takes.
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    options = ["-q", "-p", "tests.skips", "-p", "no:cacheprovider", f"--forbid-skips={forbidden}"]
    command = [sys.executable, "-m", "pytest", "-c", str(tmp_path / "pytest.ini"), *options, str(tmp_path)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, env=alone)
    assert done.returncode == 1, done.stdout
    assert f"{failed} failed" in done.stdout


def test_what_stresses_whole_programs_is_run_without_counting_lines(tmp_path: Path) -> None:
    (tmp_path / "test_counting.py").write_text(COUNTED)
    (tmp_path / "counted.py").write_text("def one():\n    return 1\n\n\ndef two():\n    return 2\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = sweep\npythonpath = .\n")
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COVERAGE_FILE": str(tmp_path / "counts")}
    for told in ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"):
        alone.pop(told, None)
    coverage = [sys.executable, "-m", "coverage"]
    options = ["-q", "-p", "tests.counting", "-p", "no:cacheprovider", "-c", str(tmp_path / "pytest.ini")]
    counted = ["run", f"--rcfile={os.devnull}", f"--include={tmp_path}/counted.py", "-m", "pytest", *options]
    done = subprocess.run([*coverage, *counted, str(tmp_path)], check=False, cwd=ROOT, capture_output=True, env=alone)
    assert done.returncode == 0, done.stdout
    report = [*coverage, "report", f"--rcfile={os.devnull}", "--show-missing"]
    shown = subprocess.run(report, check=True, cwd=ROOT, capture_output=True, text=True, env=alone).stdout
    assert shown.splitlines()[-1].split()[-1] == "75%", shown
    assert " 6\n" in shown, shown
