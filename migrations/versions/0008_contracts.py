"""Signatures of the e-invoicing contract; mails that bounced."""

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
    op.add_column("mails", sa.Column("bounced_at", MOMENT))
    op.add_column("mails", sa.Column("refusal", sa.Text()))
    op.create_check_constraint(op.f("ck_mails_one_end"), "mails", "sent_at IS NULL OR bounced_at IS NULL")
    op.create_check_constraint(op.f("ck_mails_refusal"), "mails", "(bounced_at IS NULL) = (refusal IS NULL)")


def downgrade() -> None:
    for name in ("refusal", "one_end"):
        op.drop_constraint(op.f(f"ck_mails_{name}"), "mails")
    op.drop_column("mails", "refusal")
    op.drop_column("mails", "bounced_at")
    op.drop_table("contract_signatures")
