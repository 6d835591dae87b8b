"""Dependencies, middleware and start-up: what runs around a handler."""
