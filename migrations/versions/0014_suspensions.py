"""The history of suspensions: since when a case held a licence back, and since when no longer."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "licence_suspensions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("licence_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("from_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_licence_suspensions_licence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_suspensions")),
        sa.UniqueConstraint("licence_id", "from_at", name=op.f("uq_licence_suspensions_licence_id_from_at")),
    )
    # What stands suspended goes on; of what was lifted before, nobody had kept the days.
    op.execute(
        "INSERT INTO licence_suspensions (id, licence_id, case_id, suspended, from_at, recorded_at)"
        " SELECT gen_random_uuid(), id, suspended_by_case, true, suspended_at, suspended_at FROM licences"
        " WHERE suspended_at IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("licence_suspensions")
