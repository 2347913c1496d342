import ast
import os
import subprocess
import sys
from pathlib import Path

from tests.house.source import PRODUCT, ROOMS, ROOT, SHIPPED, Function, Module, dotted, files, imports, keep, modules

LONGEST_FILE = 300
LONGEST_FUNCTION = 50
LONGEST_ROUTE = 25
MOST_ARGUMENTS = 6
# Files that may stay longer for now. It is empty, and a new line in it needs a decision record.
EXCUSED: frozenset[str] = frozenset()
NAMES_OF_LAYERS = {"service", "services", "util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
HTTP_VERBS = {"route", "get", "post", "put", "patch", "delete"}
OPEN_TO_THE_ROOT = {"web", "commands", "jobs"}


def test_no_file_grows_past_one_noun() -> None:
    long = [
        f"{module.path}: {len(module.text.splitlines())} lines"
        for module in modules(*SHIPPED)
        if len(module.text.splitlines()) > LONGEST_FILE and str(module.path) not in EXCUSED
    ]
    keep(
        f"A file of more than {LONGEST_FILE} lines holds a noun that wants a room of its own: make a sub-package.", long
    )


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{module.at(function)} {function.name}: {_length(function)} lines"
        for module in modules(*SHIPPED)
        for function in module.functions()
        if _length(function) > LONGEST_FUNCTION
    ]
    keep(f"A function of more than {LONGEST_FUNCTION} lines does several things: give each step a name.", long)


def test_routes_only_translate_between_http_and_a_service() -> None:
    long = [
        f"{module.at(function)} {function.name}: {_length(function)} lines"
        for module in modules(*ROOMS, "app.py")
        for function in _routes(module)
        if _length(function) > LONGEST_ROUTE
    ]
    keep(f"A route of more than {LONGEST_ROUTE} lines decides something: move the decision into a service.", long)


def test_no_function_takes_more_than_six_arguments() -> None:
    wide = [
        f"{module.at(function)} {function.name}: {len(_arguments(function))} arguments"
        for module in modules(*SHIPPED)
        for function in module.functions()
        if len(_arguments(function)) > MOST_ARGUMENTS
    ]
    keep("Arguments that travel together are a value: make a frozen dataclass of them.", wide)


def test_files_are_named_after_a_thing_or_a_verb() -> None:
    named = [str(path) for path in files() if path.suffix == ".py" and {path.stem, path.parent.name} & NAMES_OF_LAYERS]
    keep("Name the file after the thing in it or the verb it does, not after a layer.", named)


def test_every_package_says_what_it_offers() -> None:
    silent = [
        str(module.path)
        for module in modules(*SHIPPED)
        if module.path.name == "__init__.py" and "__all__" not in _assigned(module)
    ]
    keep("The __init__.py of a package is its front door: list in __all__ what may be used from outside.", silent)


def test_rooms_are_entered_by_the_front_door() -> None:
    around = [
        f"{module.at(node)} imports {name}"
        for module in modules(*PRODUCT, "benchmarks")
        for node, name in imports(module)
        if _goes_around(module, name)
    ]
    keep("From outside write `from shop import record_payment`, and list it in that room's __all__.", around)


def test_pricing_knows_only_the_standard_library_and_dateutil() -> None:
    allowed = sys.stdlib_module_names | {"pricing", "dateutil"}
    foreign = [
        f"{module.at(node)} imports {name}"
        for module in modules("pricing")
        for node, name in imports(module)
        if name.split(".")[0] not in allowed
    ]
    keep("Pricing is pure: pass the value in, look it up in the room that calls pricing.", foreign)


def test_imports_give_the_full_name() -> None:
    relative = [
        module.at(node)
        for module in modules(*SHIPPED)
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    keep("Write the full name of the module.", relative)


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _length(function: Function) -> int:
    """Lines from `def` to the end, without the docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    said = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - said


def _arguments(function: Function) -> list[str]:
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [argument.arg for argument in given if argument.arg not in {"self", "cls"}]


def _routes(module: Module) -> list[Function]:
    routes = [function for function in module.functions() if _has_http_decorator(function)]
    for node in module.nodes:
        if isinstance(node, ast.ClassDef) and _has_http_decorator(node):
            routes += [method for method in node.body if isinstance(method, Function) and method.name in HTTP_VERBS]
    return routes


def _has_http_decorator(node: Function | ast.ClassDef) -> bool:
    called = [dotted(decorator.func) for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
    return any("." in name and name.rsplit(".", 1)[1] in HTTP_VERBS for name in called)


def _assigned(module: Module) -> set[str]:
    names = set()
    for node in module.tree.body:
        if isinstance(node, ast.Assign):
            names |= {dotted(target) for target in node.targets}
        elif isinstance(node, ast.AnnAssign):
            names.add(dotted(node.target))
    return names


def _goes_around(module: Module, name: str) -> bool:
    room, *inside = name.split(".")
    if room not in ROOMS or room == module.room or not inside:
        return False
    return not (module.room == "app.py" and inside[0] in OPEN_TO_THE_ROOT)
