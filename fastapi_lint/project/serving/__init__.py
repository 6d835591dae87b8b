"""What FastAPI would serve: operations, what each takes, who may call it, what it answers."""
