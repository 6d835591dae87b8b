"""What each command does, once `cli` has made clear what was asked."""
