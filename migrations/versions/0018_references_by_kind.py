"""A bank may give a return the reference of the transfer it returns: a reference is one line of its kind."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

NAMED = sa.text("bank_reference IS NOT NULL")
# On the way down the reference of a return that has its transfer's says so; on the way up it is the bank's again.
MARK_RETURNS = """
UPDATE bank_lines r SET bank_reference = r.bank_reference || ' (return)'
  FROM bank_lines t
 WHERE r.kind = 'RETURN' AND t.account_iban = r.account_iban AND t.bank_reference = r.bank_reference AND t.id <> r.id
"""
UNMARK_RETURNS = """
UPDATE bank_lines SET bank_reference = left(bank_reference, -length(' (return)'))
 WHERE kind = 'RETURN' AND bank_reference LIKE '% (return)'
"""


def upgrade() -> None:
    op.drop_index("uq_bank_lines_reference", "bank_lines")
    op.execute(UNMARK_RETURNS)
    columns = ["account_iban", "bank_reference", "kind"]
    op.create_index("uq_bank_lines_reference", "bank_lines", columns, unique=True, postgresql_where=NAMED)


def downgrade() -> None:
    op.drop_index("uq_bank_lines_reference", "bank_lines")
    op.execute(MARK_RETURNS)
    columns = ["account_iban", "bank_reference"]
    op.create_index("uq_bank_lines_reference", "bank_lines", columns, unique=True, postgresql_where=NAMED)
