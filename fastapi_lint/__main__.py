"""`python -m fastapi_lint`; the version is told without loading the command line."""

from __future__ import annotations

import sys

from fastapi_lint.version import version

if sys.argv[1:] == ["--version"]:
    print(f"fastapi-lint {version()}")
else:
    from fastapi_lint.cli import main

    main()
