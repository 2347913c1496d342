"""Migrations by program: Alembic without a configuration file, imported only by the commands that migrate."""

from pathlib import Path

from alembic import command
from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def configuration() -> Config:
    """Where the revisions are; the connection comes from the application."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(revision: str = "head") -> None:
    """Bring the schema to a revision."""
    command.upgrade(configuration(), revision)


def downgrade(revision: str) -> None:
    """Take the schema back to a revision."""
    command.downgrade(configuration(), revision)
