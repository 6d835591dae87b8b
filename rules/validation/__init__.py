"""What a route takes: types, bounds, bodies, dependencies, and what pydantic makes of them."""
