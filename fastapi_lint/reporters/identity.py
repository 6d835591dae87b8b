"""What programs that compare two reports know a finding by."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi_lint.baseline import fingerprint, within_module

if TYPE_CHECKING:
    from fastapi_lint.findings import Diagnostic
    from fastapi_lint.reporters import Report


def fingerprints(diagnostics: Sequence[Diagnostic], report: Report) -> list[str]:
    """For each finding 16 hexadecimal digits, a colon and a number, no two alike in a file.

    They depend on the rule, the code that it is about and what that is in, not on the line. The number tells repeats.
    """
    seen: Counter[tuple[str, str]] = Counter()
    found: list[str] = []
    for one in diagnostics:
        source = report.sources.get(one.path)
        code = fingerprint(one, source) if source is not None else ""
        parts = (one.code, within_module(one.symbol or "", one.path), code)
        digest = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        seen[one.path, digest] += 1
        found.append(f"{digest}:{seen[one.path, digest]}")
    return found


def repository_prefix(directory: Path) -> str:
    """What comes before a path that is relative to `directory` to make it relative to the repository; `""` or `a/b/`."""
    for candidate in (directory, *directory.parents):
        if (candidate / ".git").exists():
            inside = directory.relative_to(candidate).as_posix()
            return "" if inside == "." else f"{inside}/"
    return ""


def relocated(report: Report, prefix: str) -> Report:
    """A report whose paths are relative to the repository's directory. Raises nothing; paths outside stay as they are."""
    if not prefix:
        return report
    from fastapi_lint.report import Report as Located

    return Located(
        diagnostics=tuple(_relocated(one, prefix) for one in report.diagnostics),
        sources={_joined(prefix, path): source for path, source in report.sources.items()},
        files=report.files,
        routes=report.routes,
        internal_error=report.internal_error,
        unchanged=tuple(_relocated(one, prefix) for one in report.unchanged),
    )


def _joined(prefix: str, path: str) -> str:
    import posixpath

    return path if path.startswith("/") else posixpath.normpath(prefix + path)


def _relocated(found: Diagnostic, prefix: str) -> Diagnostic:
    trace = tuple(replace(step, path=_joined(prefix, step.path)) for step in found.trace)
    fix = found.fix
    if fix is not None:
        fix = replace(fix, edits=tuple(replace(edit, path=_joined(prefix, edit.path)) for edit in fix.edits))
    return replace(found, path=_joined(prefix, found.path), trace=trace, fix=fix)
