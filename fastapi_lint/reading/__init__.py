"""From the text of a file to its records, and back from a record to its place in the text."""
