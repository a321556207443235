"""What the vault must survive, each trial at any count: the tests run few, the benchmark all."""
