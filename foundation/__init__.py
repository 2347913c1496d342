"""What every room stands on and which knows no business: settings, database, clock, jobs, events, mail."""

__all__: list[str] = []
