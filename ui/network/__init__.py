"""The network in the window: what left this laptop, what keeps it here, and the asking before."""
