"""Handovers of payer and studio, the directory, referrals, connected accounts."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
