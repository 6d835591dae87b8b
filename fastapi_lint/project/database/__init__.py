"""What asks a database: queries, the rows that they give back, what changes what is kept."""
