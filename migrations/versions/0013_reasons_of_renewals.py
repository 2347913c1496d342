"""Two more reasons why nothing was charged: the services are suspended, or it was too late to try."""

from alembic import op

revision = "0013"
down_revision = "0012"

_BEFORE = (
    "'DECLINED', 'AUTHENTICATION', 'CARD_EXPIRED', 'NO_CARD', 'PRICE_ROSE', 'NOT_ORDERABLE', 'BILLING',"
    " 'TERMS_CHANGED', 'ORDER_EXISTS', 'SWITCHED_OFF', 'MOVED'"
)


def upgrade() -> None:
    _reasons(f"{_BEFORE}, 'SUSPENDED', 'TOO_LATE'")


def downgrade() -> None:
    _reasons(_BEFORE)


def _reasons(allowed: str) -> None:
    name = op.f("ck_renewal_attempts_reason")
    op.drop_constraint(name, "renewal_attempts", type_="check")
    op.create_check_constraint(name, "renewal_attempts", f"reason IN ({allowed})")
