"""Buying services that run: base services, modules and seats, their renewal, and the extension of the active ones."""
