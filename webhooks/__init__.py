"""The letterbox: letters from outside are checked, stored once and opened by a job."""

__all__: list[str] = []
