"""The command line: what can be said on it, and what becomes of errors. `commands` and `catalogue` do the work."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from fastapi_lint.commands import check as commands
from fastapi_lint.commands.request import CommandError, Request
from fastapi_lint.config_keys import ConfigurationError, suggestion
from fastapi_lint.discover import DiscoveryError
from fastapi_lint.reporters import FORMATS
from fastapi_lint.rule import RuleError, UnknownRule
from fastapi_lint.version import version

TRACEBACK = "FASTAPI_LINT_TRACEBACK"
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Commands(click.Group):
    """A group in which `check` may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "-h", "--help", "--version"):
            args = ["check", *args]
        return super().parse_args(ctx, args)


def _tell_version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"fastapi-lint {version()}")
        ctx.exit()


@click.group(
    cls=Commands, context_settings=CONTEXT, options_metavar="", subcommand_metavar="[check] [OPTIONS] [PATHS]..."
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_version, help="Print the version."
)
def cli() -> None:
    """A linter that understands the whole FastAPI application.

    Without a command it checks: `fastapi-lint src/` is `fastapi-lint check src/`.

    Exit codes: 0 nothing found, 1 findings, 2 wrong usage, wrong configuration or an internal error.
    """


def _split(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Selectors of a repeatable option whose values may hold several, with commas."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


@cli.command(context_settings=CONTEXT)
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--select",
    multiple=True,
    callback=_split,
    metavar="RULES",
    help="Check these rules only: codes, names, prefixes, families or ALL, with commas.",
)
@click.option("--extend-select", multiple=True, callback=_split, metavar="RULES", help="Check these rules too.")
@click.option("--ignore", multiple=True, callback=_split, metavar="RULES", help="Do not check these rules.")
@click.option("--fix", is_flag=True, help="Apply the safe fixes.")
@click.option(
    "--unsafe-fixes", is_flag=True, help="With --fix or --diff: also fixes that may change what the program does."
)
@click.option("--fix-only", is_flag=True, help="Apply fixes, and neither list what is left nor exit with 1 for it.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and write nothing.")
@click.option("--show-fixes", is_flag=True, help="List how much was fixed, by file and rule.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if a file was changed, whatever is left.")
@click.option(
    "--add-suppressions",
    is_flag=True,
    help="Write a comment that silences it for every finding, and remove unneeded ones.",
)
@click.option("--reason", metavar="TEXT", help="What those comments say as the reason.")
@click.option("--baseline", metavar="FILE", help="Do not report the findings that this file lists.")
@click.option("--no-baseline", is_flag=True, help="Report them, whatever baseline is configured.")
@click.option("--write-baseline", is_flag=True, help="List all findings in the baseline.")
@click.option("--update-baseline", is_flag=True, help="Take out of the baseline what is no longer found.")
@click.option("--output-format", type=click.Choice(FORMATS), help="How findings are written.  [default: full]")
@click.option("--output-file", metavar="FILE", help="Write the findings there instead of to the standard output.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead of listing them.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option("-q", "--quiet", is_flag=True, help="Print the findings and nothing else.")
@click.option(
    "--stdin-filename", metavar="FILE", help="Check the standard input as if it were this file of the project."
)
@click.option("--config", metavar="FILE", help="Read this configuration file and no other.")
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@click.option("--show-settings", is_flag=True, help="Print the settings in force, and check nothing.")
@click.option("--no-cache", is_flag=True, help="Neither use nor leave behind what is known from earlier runs.")
@click.option(
    "--cache-dir",
    metavar="DIR",
    envvar="FASTAPI_LINT_CACHE_DIR",
    help="Keep it there.  [default: .fastapi-lint-cache beside the configuration]",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Let this many processes work, on Linux.  [default: one a processor, up to 4; 1 below pre-commit]",
)
@click.option("--timings", is_flag=True, help="Tell where the time went: stages, and rules one by one.")
@click.pass_context
def check(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    fix: bool,
    unsafe_fixes: bool,
    fix_only: bool,
    diff: bool,
    show_fixes: bool,
    exit_non_zero_on_fix: bool,
    add_suppressions: bool,
    reason: str | None,
    baseline: str | None,
    no_baseline: bool,
    write_baseline: bool,
    update_baseline: bool,
    output_format: str | None,
    output_file: str | None,
    statistics: bool,
    exit_zero: bool,
    quiet: bool,
    stdin_filename: str | None,
    config: str | None,
    isolated: bool,
    show_settings: bool,
    no_cache: bool,
    cache_dir: str | None,
    jobs: int | None,
    timings: bool,
) -> None:
    """Check files and directories (this is the default command).

    Paths say what to report on; the projects around them are understood as a whole. Without a path: the configured
    `src`, else the working directory. `-` stands for the standard input.
    """
    request = Request(
        paths=paths,
        select=select,
        extend_select=extend_select,
        ignore=ignore,
        fix=fix,
        unsafe_fixes=unsafe_fixes,
        fix_only=fix_only,
        diff=diff,
        show_fixes=show_fixes,
        exit_non_zero_on_fix=exit_non_zero_on_fix,
        add_suppressions=add_suppressions,
        reason=reason,
        baseline=baseline,
        no_baseline=no_baseline,
        write_baseline=write_baseline,
        update_baseline=update_baseline,
        output_format=output_format,
        output_file=output_file,
        statistics=statistics,
        exit_zero=exit_zero,
        quiet=quiet,
        stdin_filename=stdin_filename,
        config=config,
        isolated=isolated,
        show_settings=show_settings,
        no_cache=no_cache,
        cache_dir=cache_dir,
        jobs=jobs,
        timings=timings,
    )
    ctx.exit(commands.check(request))


@cli.command(context_settings=CONTEXT)
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", show_default=True)
def rules(output_format: str) -> None:
    """List every rule."""
    from fastapi_lint.commands import catalogue

    sys.stdout.write(catalogue.as_json() if output_format == "json" else catalogue.as_table())


@cli.command(context_settings=CONTEXT)
@click.argument("rule")
def explain(rule: str) -> None:
    """Print a rule's page. RULE is its code or its name."""
    from fastapi_lint.commands import catalogue

    sys.stdout.write(catalogue.page(rule))


@cli.command(context_settings=CONTEXT)
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option(
    "--method", multiple=True, metavar="METHOD", help="Only operations of this HTTP method; WEBSOCKET for websockets."
)
@click.option(
    "--path", "path", multiple=True, metavar="PATTERN", help="Only paths that begin so, or that match: `/users/*`."
)
@click.option("--unauthenticated", is_flag=True, help="Only operations that ask nobody who calls them.")
@click.option("--untested", is_flag=True, help="Only operations that no test requests.")
@click.option(
    "--diff", "revision", metavar="GIT-REV", help="What changed since a revision; exit with 1 if it breaks clients."
)
@click.option("--config", metavar="FILE", help="Read this configuration file and no other.")
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@click.pass_context
def routes(
    ctx: click.Context,
    *,
    paths: tuple[str, ...],
    output_format: str,
    method: tuple[str, ...],
    path: tuple[str, ...],
    unauthenticated: bool,
    untested: bool,
    revision: str | None,
    config: str | None,
    isolated: bool,
) -> None:
    """List what the applications serve, in the order in which they match requests.

    Nothing is imported or run. With --diff: which operations were added or removed since a revision, lost
    authentication, or changed their parameters or responses.
    """
    from fastapi_lint.commands.routes import RoutesRequest
    from fastapi_lint.routes import Filter

    wanted = RoutesRequest(
        output_format=output_format,
        filter=Filter(methods=method, paths=path, unauthenticated=unauthenticated, untested=untested),
        revision=revision,
    )
    ctx.exit(commands.routes(Request(paths=paths, config=config, isolated=isolated), wanted))


@cli.group(context_settings=CONTEXT)
def cache() -> None:
    """What is kept between two runs."""


@cache.command(context_settings=CONTEXT)
@click.option(
    "--cache-dir", metavar="DIR", envvar="FASTAPI_LINT_CACHE_DIR", help="The folder, if it is not the usual one."
)
@click.pass_context
def clean(ctx: click.Context, *, cache_dir: str | None) -> None:
    """Remove it."""
    ctx.exit(commands.clean_cache(cache_dir))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit. Whatever goes wrong is one line on the standard error, and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        code = cli.main(arguments, prog_name="fastapi-lint", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains when it exits
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except click.ClickException as error:
        _fail(_one_line(error))
    except (ConfigurationError, DiscoveryError, RuleError, UnknownRule, CommandError) as error:
        _fail(str(error))
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        _fail(f"internal error, {type(error).__name__}: {error} ({_where(error)}); {TRACEBACK}=1 shows more")
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> NoReturn:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)


def _one_line(error: click.ClickException) -> str:
    hint = ""
    if isinstance(error, click.NoSuchOption):
        context = error.ctx.command if error.ctx else None
        known = [name for parameter in (context.params if context else []) for name in parameter.opts]
        return f"no such option `{error.option_name}`{suggestion(error.option_name, known)}"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f" (`{error.ctx.command_path} --help` explains)"
    return error.format_message().rstrip(".") + hint


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace is not None else "?"
