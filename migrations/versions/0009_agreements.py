"""The code of an agreement that a buyer names in the cart."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("carts", sa.Column("agreement_code", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("carts", "agreement_code")
