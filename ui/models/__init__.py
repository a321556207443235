"""The place for models: what is here, what fits, how it comes and goes."""
