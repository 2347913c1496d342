from hypothesis import settings

# A busy machine makes single examples slow; how long one takes says nothing about prices.
settings.register_profile("pricing", deadline=None)
settings.load_profile("pricing")
