"""Stand-alone stand-ins for the outside world, reached over the wire only."""

__all__: list[str] = []
