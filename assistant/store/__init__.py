"""The encrypted store: one SQLCipher file, its key slots, and the SQL for what lies in it.

Services reach it through ``vault.Vault``; ``ui/`` never does.
"""
