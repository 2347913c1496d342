"""The project's own files, read once, for the tests that keep the rules of the house."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("webhooks", "shop", "entitlements", "pricing")
PRODUCT = ("app.py", "foundation", *ROOMS)
SHIPPED = (*PRODUCT, "sandbox", "benchmarks")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file: its path from the root, its text, its syntax tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.path.parts[0]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree: most rules look at all of them."""
        return tuple(ast.walk(self.tree))

    def functions(self) -> Iterator[Function]:
        for node in self.nodes:
            if isinstance(node, Function):
                yield node

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the dotted name of what is called (`datetime.now`), or only its last part (`.commit`)."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield dotted(node.func), node

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def files() -> tuple[Path, ...]:
    """Every file that git tracks or would track, as paths from the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    return tuple(sorted(Path(line) for line in listed.splitlines() if (ROOT / line).is_file()))


@cache
def modules(*places: str) -> tuple[Module, ...]:
    """The Python files in these folders (or with these names)."""
    return tuple(_module(path) for path in files() if path.suffix == ".py" and path.parts[0] in places)


@cache
def _module(path: Path) -> Module:
    text = (ROOT / path).read_text()
    return Module(path, text, ast.parse(text))


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of names; `.c` when it starts from something else, such as a call."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}"
    return ""


def imports(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Every imported module, by its full name."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node, node.module


def keep(rule: str, broken: list[str]) -> None:
    """Fail with every place that breaks the rule, and with the rule, which says what to do instead."""
    assert not broken, f"{rule}\n  " + "\n  ".join(broken)
