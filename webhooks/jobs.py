"""The jobs of the letterbox: importing this module registers them."""
