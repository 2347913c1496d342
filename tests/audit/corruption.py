"""What a corruption is, and the two ways most of them are written."""

# ruff: noqa: S608 - the statements are the corruptions themselves
from dataclasses import dataclass

# Foreign keys and append-only rights do not stop an owner who switches them off.
UNGUARDED = "SET LOCAL session_replication_role = replica"


@dataclass(frozen=True)
class Corruption:
    """What was done, in words and in SQL, and the check that must name it."""

    deed: str
    check: str
    statements: tuple[str, ...]


def deed(what: str, check: str, *statements: str) -> Corruption:
    """A corruption whose statements nothing guards."""
    return Corruption(what, check, (UNGUARDED, *statements))


def copy_of(table: str, where: str, **changes: str) -> str:
    """Insert a copy of one row with some columns changed; the id is always fresh."""
    changed = {"id": "gen_random_uuid()"} | changes
    set_ = ", ".join(f"'{name}', {value}" for name, value in changed.items())
    return (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object({set_}))).* FROM {table} t"
        f" WHERE {where} LIMIT 1"
    )


def transfer_of(kind: str, skip: int = 0) -> str:
    """The id of a transfer of a kind of cause."""
    return f"(SELECT id FROM ledger_transfers WHERE cause_kind = '{kind}' ORDER BY id OFFSET {skip} LIMIT 1)"
