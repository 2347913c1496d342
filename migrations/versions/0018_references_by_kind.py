"""A bank may give a return the reference of the transfer it returns: a reference is one line of its kind."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

NAMED = sa.text("bank_reference IS NOT NULL")


def upgrade() -> None:
    op.drop_index("uq_bank_lines_reference", "bank_lines")
    columns = ["account_iban", "bank_reference", "kind"]
    op.create_index("uq_bank_lines_reference", "bank_lines", columns, unique=True, postgresql_where=NAMED)


def downgrade() -> None:
    op.drop_index("uq_bank_lines_reference", "bank_lines")
    columns = ["account_iban", "bank_reference"]
    op.create_index("uq_bank_lines_reference", "bank_lines", columns, unique=True, postgresql_where=NAMED)
