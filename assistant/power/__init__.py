"""How hard the machine may work: what it tells of itself, and one pure decision."""
