import ast
import re

from tests.house.source import ROOMS, Module, keep, modules

ABOUT_MONEY = re.compile(
    r"bank|billing|cart|cents|credit|invoice|ledger|money|order|payment|price|pricing|quote|reconcil|refund|settle|vat|wallet"
)
CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "time.time",
    "func.now",
    "sa.func.now",
    "func.current_timestamp",
    "func.current_date",
}
SQL_CLOCK = re.compile(r"\b(now\(\)|current_timestamp|current_date|localtimestamp)", re.IGNORECASE)
THE_CLOCK = "foundation/clock.py"


def _about_money() -> list[Module]:
    return [module for module in modules(*ROOMS) if ABOUT_MONEY.search(str(module.path))]


def test_no_floating_point_comes_near_money() -> None:
    floats = [
        f"{module.at(node)} {ast.unparse(node)}"
        for module in _about_money()
        for node in module.nodes
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    keep("Money is whole cents and rates are whole basis points: use Money, or Fraction inside a formula.", floats)


def test_prices_are_never_divided_into_floats() -> None:
    divided = [
        f"{module.at(node)} {ast.unparse(node)}"
        for module in modules("pricing")
        for node in module.nodes
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
    ]
    keep(
        "A division of integers by / is a float: use the half-up division of pricing.money, or // where it is exact.",
        divided,
    )


def test_time_is_told_by_one_clock_only() -> None:
    told = [
        f"{module.at(call)} {name}()"
        for module in modules("app.py", "foundation", *ROOMS)
        if str(module.path) != THE_CLOCK
        for name, call in module.calls()
        if name in CLOCKS
    ]
    keep("Take the time from foundation.clock: clock.now() for business, clock.real_now() for real time.", told)


def test_statements_do_not_ask_the_database_for_the_time() -> None:
    asked = [
        f"{module.at(node)} {node.value.strip()[:60]!r}"
        for module in modules(*ROOMS)
        for node in module.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_sql_with_clock(node.value)
    ]
    keep("The database does not know that the business clock was moved: pass clock.now() as a parameter.", asked)


def test_only_the_edge_commits() -> None:
    committed = [
        f"{module.at(call)} {name}()"
        for module in modules("app.py", *ROOMS)
        for name, call in module.calls()
        if _ends_a_transaction(name)
    ]
    keep("A service takes the session and never commits; the route, job or command opens transaction().", committed)


def test_related_rows_are_never_loaded_by_accident() -> None:
    lazy = [
        module.at(call)
        for module in modules("foundation", *ROOMS)
        for name, call in module.calls()
        if name.rsplit(".", 1)[-1] == "relationship" and _loading(call) not in {"raise", "raise_on_sql"}
    ]
    keep('Write relationship(..., lazy="raise") and load what a page needs in its query.', lazy)


def _ends_a_transaction(called: str) -> bool:
    receiver, _, method = called.rpartition(".")
    # To undo a savepoint is to undo a part; the whole stays in the hands of the edge.
    return method in {"commit", "rollback"} and not receiver.endswith("savepoint")


def _is_sql_with_clock(text: str) -> bool:
    spoken = re.search(r"\b(SELECT|INSERT|UPDATE|DELETE)\b", text)
    return spoken is not None and SQL_CLOCK.search(text) is not None


def _loading(call: ast.Call) -> object:
    for keyword in call.keywords:
        if keyword.arg == "lazy" and isinstance(keyword.value, ast.Constant):
            return keyword.value.value
    return None
