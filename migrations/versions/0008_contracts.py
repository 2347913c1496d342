"""Signatures of the e-invoicing contract."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "contract_signatures",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("signed_by_party_id", sa.Uuid(), sa.ForeignKey("parties.id"), nullable=False),
        sa.Column("signed_by_user_id", sa.Uuid()),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.UniqueConstraint("party_id", "contract"),
    )
    op.create_index("ix_contract_signatures_signed_by_party_id", "contract_signatures", ["signed_by_party_id"])


def downgrade() -> None:
    op.drop_table("contract_signatures")
