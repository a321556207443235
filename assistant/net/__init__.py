"""The network: one child process for each approved transfer, its gate and its ledger."""
