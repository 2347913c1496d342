"""People on seats, the steps after a purchase, and what the vendor's software is told of changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    _seats()
    _setup_ticks()
    _provisioning_changes()


def downgrade() -> None:
    for table in ("provisioning_changes", "setup_ticks", "seats"):
        op.drop_table(table)


def _seats() -> None:
    op.create_table(
        "seats",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("licence_id", sa.Uuid(), nullable=False),
        sa.Column("lot_quantity", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("permissions", _JSON, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('FREE', 'INVITED', 'CONFIGURED', 'DISABLED')", name=op.f("ck_seats_state")),
        sa.CheckConstraint("ordinal BETWEEN 1 AND lot_quantity", name=op.f("ck_seats_within_the_lot")),
        sa.CheckConstraint(
            "(state = 'FREE') = (membership_id IS NULL) AND (state = 'FREE') = (email IS NULL)",
            name=op.f("ck_seats_free_is_empty"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_seats_company_id")),
        sa.ForeignKeyConstraint(
            ["licence_id", "lot_quantity"], ["licences.id", "licences.quantity"], name=op.f("fk_seats_licence_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seats")),
        sa.UniqueConstraint("licence_id", "ordinal", name=op.f("uq_seats_licence_id_ordinal")),
    )
    op.create_index("ix_seats_company_id", "seats", ["company_id", "id"])
    op.create_index(
        "uq_seats_membership",
        "seats",
        ["membership_id"],
        unique=True,
        postgresql_where=sa.text("membership_id IS NOT NULL"),
    )


def _setup_ticks() -> None:
    op.create_table(
        "setup_ticks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("licence_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ticked_by", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ticked_by IN ('COMPANY', 'VENDOR')", name=op.f("ck_setup_ticks_ticked_by")),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_setup_ticks_licence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_ticks")),
        sa.UniqueConstraint("licence_id", "code", name=op.f("uq_setup_ticks_licence_id_code")),
    )


def _provisioning_changes() -> None:
    op.create_table(
        "provisioning_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", _JSON, nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_outcome", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('PENDING', 'DONE', 'REFUSED', 'SUPERSEDED')", name=op.f("ck_provisioning_changes_state")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_provisioning_changes_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provisioning_changes")),
    )
    op.create_index("ix_provisioning_changes_company_id", "provisioning_changes", ["company_id", "id"])
    op.create_index(
        "uq_provisioning_changes_unsent",
        "provisioning_changes",
        ["company_id"],
        unique=True,
        postgresql_where=sa.text("state = 'PENDING' AND attempts = 0"),
    )
