"""What requests and responses carry: models, their fields, and which of those leave the application."""
