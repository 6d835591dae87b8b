"""Work that a request should not do: a query per item, whole tables, clients made anew."""
