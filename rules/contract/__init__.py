"""FAL4: what the OpenAPI document promises and what it leaves out."""
