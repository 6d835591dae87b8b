"""What newer releases of FastAPI, Pydantic and Python call otherwise."""
