"""The project run without being run: what its names, expressions and calls stand for."""
