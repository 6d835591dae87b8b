"""FAL0: what the linter says about files, suppressions and itself."""
