"""Event logs: numbered lines, projected by the engine."""
