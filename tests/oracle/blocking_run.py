"""Requests every endpoint of programs under a detector of blocking calls. Run as a script: directories in, JSON out."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys


def main(directories: list[str]) -> None:
    from blockbuster import BlockBuster, BlockingError
    from httpx import ASGITransport, AsyncClient

    detector = BlockBuster()
    answers: dict[str, dict[str, bool]] = {}

    async def request(application: object, path: str) -> bool:
        """Whether it blocks. Raises for what fails otherwise."""
        transport = ASGITransport(app=application)  # type: ignore[arg-type]
        async with AsyncClient(transport=transport, base_url="http://test") as client:
            try:
                (await client.get(path)).raise_for_status()
            except BlockingError:
                return True
        return False

    detector.activate()  # before the programs are imported: it replaces functions, and they import some by name
    for directory in directories:
        sys.path.insert(0, directory)
        application = importlib.import_module("main").app
        answers[directory] = {}
        for number in range(4):
            path = f"/{number}"
            answers[directory][path] = asyncio.run(request(application, path))
        sys.path.remove(directory)
        for name in ("main", "library"):
            sys.modules.pop(name, None)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
