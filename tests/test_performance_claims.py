"""What the performance rules rest on, tried on the installed releases."""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    title: str = "Books"


def counted(decorate: Callable[[Any], Any]) -> tuple[list[int], TestClient]:
    made: list[int] = []

    @decorate
    def get_settings() -> Settings:
        made.append(1)
        return Settings()

    app = FastAPI()

    @app.get("/")
    def read(settings: Annotated[Settings, Depends(get_settings)]) -> str:
        return settings.title

    return made, TestClient(app)


@pytest.mark.parametrize(("decorate", "times"), [(lambda f: f, 3), (lru_cache, 1)], ids=["bad", "good"])
def test_settings_are_made_once_a_request_or_once(decorate: Callable[[Any], Any], times: int) -> None:
    """FAL604: FastAPI keeps what a dependency returns for one request only, and the fix keeps it for all."""
    made, client = counted(decorate)
    for _ in range(3):
        assert client.get("/").json() == "Books"
    assert len(made) == times


def test_settings_as_a_dependency_take_their_fields_from_the_query() -> None:
    """FAL604: FastAPI reads the class's signature."""
    app = FastAPI()

    @app.get("/")
    def read(settings: Annotated[Settings, Depends(Settings)]) -> str:
        return settings.title

    assert TestClient(app).get("/", params={"title": "theirs"}).json() == "theirs"
