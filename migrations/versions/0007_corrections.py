"""Refunds by transfer and as store credit, in four eyes; what is unused of a wallet is taken back with its money."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_KINDS = "kind IN ('confirm_by_hand', 'send_back', 'store_credit'{more})"


def upgrade() -> None:
    op.create_table(
        "wallet_recoveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bucket_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_wallet_recoveries_quantity_not_zero")),
        sa.ForeignKeyConstraint(["bucket_id"], ["wallet_buckets.id"], name=op.f("fk_wallet_recoveries_bucket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet_recoveries")),
    )
    op.create_index("ix_wallet_recoveries_bucket_id", "wallet_recoveries", ["bucket_id"])
    op.create_index("ix_wallet_recoveries_cause", "wallet_recoveries", ["cause_kind", "cause_id"])
    op.add_column("refund_requests", sa.Column("way", sa.Text(), nullable=False, server_default="card"))
    op.alter_column("refund_requests", "way", server_default=None)
    op.add_column("refund_requests", sa.Column("everything", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("refund_requests", "everything", server_default=None)
    op.add_column("refund_requests", sa.Column("line_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_refund_requests_line_id"), "refund_requests", "order_lines", ["line_id"], ["id"])
    op.alter_column("refund_requests", "charge_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_refund_requests_way"), "refund_requests", "way IN ('card', 'bank', 'store_credit')"
    )
    op.create_check_constraint(
        op.f("ck_refund_requests_charge"), "refund_requests", "(way = 'card') = (charge_id IS NOT NULL)"
    )
    op.create_check_constraint(op.f("ck_refund_requests_amount_positive"), "refund_requests", "amount_cents > 0")
    _kinds(", 'refund'")


def downgrade() -> None:
    op.execute("DELETE FROM finance_decisions WHERE kind = 'refund'")
    _kinds("")
    for name in ("amount_positive", "charge", "way"):
        op.drop_constraint(op.f(f"ck_refund_requests_{name}"), "refund_requests")
    op.execute("DELETE FROM refund_requests WHERE charge_id IS NULL")
    op.alter_column("refund_requests", "charge_id", nullable=False)
    op.drop_constraint(op.f("fk_refund_requests_line_id"), "refund_requests")
    for name in ("line_id", "everything", "way"):
        op.drop_column("refund_requests", name)
    op.drop_table("wallet_recoveries")


def _kinds(more: str) -> None:
    op.drop_constraint(op.f("ck_finance_decisions_kind"), "finance_decisions")
    op.create_check_constraint(op.f("ck_finance_decisions_kind"), "finance_decisions", _KINDS.format(more=more))
