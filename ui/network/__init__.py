"""The place that shows what left this computer, and what asks before anything does."""
