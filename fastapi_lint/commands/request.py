"""What was asked on the command line of `check`."""

from __future__ import annotations

from dataclasses import dataclass


class CommandError(Exception):
    """What keeps a command from being carried out; the message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The command line of `check`. `fixes`: some fixes are to be applied or shown."""

    paths: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fix: bool = False
    fix_only: bool = False
    unsafe_fixes: bool = False
    show_fixes: bool = False
    exit_non_zero_on_fix: bool = False
    diff: bool = False
    add_suppressions: bool = False
    reason: str | None = None
    baseline: str | None = None
    no_baseline: bool = False
    write_baseline: bool = False
    update_baseline: bool = False
    output_format: str | None = None
    output_file: str | None = None
    statistics: bool = False
    exit_zero: bool = False
    quiet: bool = False
    stdin_filename: str | None = None
    config: str | None = None
    isolated: bool = False
    show_settings: bool = False
    no_cache: bool = False
    cache_dir: str | None = None
    jobs: int | None = None
    timings: bool = False

    @property
    def fixes(self) -> bool:
        return self.fix or self.fix_only or self.diff

    @property
    def adopts(self) -> bool:
        """Whether findings are to be accepted as they are, which takes files."""
        return self.add_suppressions or self.write_baseline or self.update_baseline
