"""FAL1: what holds the event loop up, and coroutines that nobody waits for."""
