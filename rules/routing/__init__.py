"""Routes that cannot match, match twice, or do not answer what they say."""
