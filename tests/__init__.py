"""Everything that proves Hush: unit, contract, gui and e2e."""
