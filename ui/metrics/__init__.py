"""The place for figures: what answers cost on this machine, as plots."""
