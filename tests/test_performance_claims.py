"""What the performance rules rest on, tried on the installed releases."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from pydantic_settings import BaseSettings
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase): ...


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


@pytest.fixture
def session() -> Iterator[Session]:
    """A session with eleven books; what it loads is counted in `session.info`."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Book(title=f"{n % 3}") for n in range(11)])
        session.commit()
        session.expunge_all()
        session.info["loaded"] = 0

        def note(*_: object) -> None:
            session.info["loaded"] += 1

        event.listen(Book, "load", note)
        yield session
        event.remove(Book, "load", note)


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


def test_a_count_is_right_and_loads_nothing(session: Session) -> None:
    """FAL606: the database counts the same rows, and none becomes an object."""
    statement = select(Book).where(Book.title != "0")
    counted = session.scalar(select(func.count()).select_from(statement.subquery()))
    assert session.info["loaded"] == 0
    assert counted == len(session.scalars(statement).all()) == session.info["loaded"] == 7
