"""The models' place in the window: what answers, what else could, and work on models."""
