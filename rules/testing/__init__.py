"""Tests that cannot fail, do not run, or miss what the application does."""
