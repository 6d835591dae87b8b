"""What the performance rules rest on, tried on the installed releases."""

import asyncio
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.testclient import TestClient
from pydantic_settings import BaseSettings
from sqlalchemy import ForeignKey, create_engine, event, func, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.types import ASGIApp, Receive, Scope, Send


class Base(DeclarativeBase): ...


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    notes: Mapped[list["Note"]] = relationship()


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))


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


@pytest.mark.parametrize("plain", [False, True], ids=["bad", "good"])
def test_only_a_plain_middleware_stays_in_the_task_of_the_endpoint(plain: bool) -> None:
    """FAL608: `BaseHTTPMiddleware` runs the endpoint in another task, whose context variables it does not see."""
    note: ContextVar[str] = ContextVar("note", default="nothing")
    seen: dict[str, object] = {}
    app = FastAPI()

    @app.get("/")
    async def read() -> str:
        note.set("from the endpoint")
        seen["endpoint"] = asyncio.current_task()
        return "Books"

    class Plain:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(scope, receive, send)
            seen.update(middleware=asyncio.current_task(), note=note.get())

    class Convenient(BaseHTTPMiddleware):
        async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
            response = await call_next(request)
            seen.update(middleware=asyncio.current_task(), note=note.get())
            return response

    app.add_middleware(Plain if plain else Convenient)
    assert TestClient(app).get("/").json() == "Books"
    assert (seen["endpoint"] is seen["middleware"]) is plain
    assert seen["note"] == ("from the endpoint" if plain else "nothing")


@pytest.mark.parametrize("ordered", [False, True], ids=["bad", "good"])
def test_only_an_order_holds_pages_together(session: Session, ordered: bool) -> None:
    """FAL607: SQLite has a switch for those who rely on an order that they did not ask for."""
    statement = select(Book.title, Book.id).limit(6)
    if ordered:
        statement = statement.order_by(Book.id)
    first = [tuple(row) for row in session.execute(statement)]
    session.execute(text("PRAGMA reverse_unordered_selects = ON"))
    second = [tuple(row) for row in session.execute(statement.offset(6))]
    assert (len({*first, *second}) == 11) is ordered


@pytest.mark.parametrize(("decorate", "times"), [(lambda f: f, 3), (cache, 1)], ids=["bad", "good"])
def test_a_file_is_read_for_each_request_or_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decorate: Callable[[Any], Any], times: int
) -> None:
    """FAL610: nothing in FastAPI keeps what a route has read."""
    page = tmp_path / "terms.html"
    page.write_text("Terms")
    read: list[Path] = []
    original = Path.read_text

    def noted(self: Path, *arguments: Any, **keywords: Any) -> str:
        read.append(self)
        return original(self, *arguments, **keywords)

    monkeypatch.setattr(Path, "read_text", noted)

    @decorate
    def terms() -> str:
        return page.read_text()

    app = FastAPI()

    @app.get("/terms")
    def read_terms() -> str:
        return str(terms())

    client = TestClient(app)
    assert [client.get("/terms").json() for _ in range(3)] == ["Terms"] * 3
    assert read.count(page) == times


@pytest.mark.parametrize(("gathered", "most"), [(False, 1), (True, 2)], ids=["bad", "good"])
def test_only_gathered_requests_are_under_way_at_once(gathered: bool, most: int) -> None:
    """FAL605: and both give the same answer."""
    under_way = [0, 0]  # now, at most

    async def answer(request: httpx.Request) -> httpx.Response:
        under_way[0] += 1
        under_way[1] = max(under_way)
        for _ in range(5):
            await asyncio.sleep(0)
        under_way[0] -= 1
        return httpx.Response(200, text=request.url.path)

    async def read() -> tuple[str, str]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="https://example.org") as client:
            if gathered:
                book, price = await asyncio.gather(client.get("/book"), client.get("/price"))
            else:
                book = await client.get("/book")
                price = await client.get("/price")
        return book.text, price.text

    assert asyncio.run(read()) == ("/book", "/price")
    assert under_way[1] == most


@pytest.mark.parametrize(("options", "statements"), [((), 12), ((selectinload(Book.notes),), 2)], ids=["bad", "good"])
def test_a_lazy_collection_is_a_query_for_each_object(
    session: Session, options: tuple[Any, ...], statements: int
) -> None:
    """FAL601: eleven books, and the query for them; with `selectinload` one for all of their notes."""
    asked: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    for book in session.scalars(select(Book).options(*options)).all():
        assert book.notes == []
    assert len(asked) == statements
