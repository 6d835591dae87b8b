"""FAL3: secrets, authentication, what leaves with a response, what enters with a request."""
