"""The command line: what a person can ask for. Each module of this package defines some of the commands; only the
module of the command that is asked for is imported, because all of them take as long as Typer."""

import importlib
import os
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType
from typing import Annotated, Any

import typer

from flows.cli import questions
from flows.cli.frame.command import Command, Stoppable
from schemas import code_files, settings

# The commands of each module, in the order of the page of help. A module of `flows.cli.questions` that is not here has
# one command, of its own name, and comes last.
LISTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "flows.cli.releases.start": ("start",),
        "flows.cli.releases.ingest": ("ingest", "run", "watch", "backfill", "held", "approve", "reject"),
        "flows.cli.releases.withdraw": ("withdraw",),
        "flows.cli.releases.upgrade": ("upgrade",),
        "flows.cli.releases.fetch": ("fetch", "split"),
        "flows.cli.questions.read": ("read", "trace", "resolve", "audit", "revisions", "retain"),
        "flows.cli.questions.search": ("search", "list", "vintages"),
        "flows.cli.questions.brief": ("brief", "movers", "plot", "claims", "events"),
        "flows.cli.questions.detours": ("detours", "duties"),
        "flows.cli.questions.site": ("site",),
        "flows.cli.questions.catalog": ("catalog",),
        "flows.cli.questions.export": ("adjust", "export"),
        "flows.cli.questions.mcp": ("mcp",),
        "flows.cli.questions.reporters": ("watch-rules", "sources", "status", "mirror", "partner", "coverage"),
        "flows.cli.server.deploy": ("deploy", "worker", "stop"),
    }
)


def with_others(listed: Mapping[str, tuple[str, ...]], package: ModuleType) -> Mapping[str, tuple[str, ...]]:
    """Return modules with their commands, and after them those modules of a package that are not among them. Each
    module of the package must have `commands`: one that only helps others fails its test, and belongs into
    `flows.cli.frame`."""
    every = {f"{package.__name__}.{one.name}": one.name for one in iter_modules(package.__path__)}
    others = {module: (name.replace("_", "-"),) for module, name in every.items() if module not in listed}
    return MappingProxyType({**listed, **others})


MODULES = with_others(LISTED, questions)


def commands_of(module: str) -> dict[str, Any]:
    """Return the commands of a module of MODULES by their names."""
    part = typer.Typer(rich_markup_mode=None)
    part.add_typer(importlib.import_module(module).commands)
    return dict(typer.main.get_group(part).commands)


class LazyCommands(MutableMapping[str, Any]):
    """The commands by their names: a module is imported when one of its commands is asked for."""

    def __init__(self, loaded: Mapping[str, Any]) -> None:
        self._loaded = dict(loaded)
        self._module_of = {name: module for module, names in MODULES.items() for name in names}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded |= commands_of(self._module_of[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._module_of[name], self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*(name for name in self._loaded if name not in self._module_of), *self._module_of]))

    def __len__(self) -> int:
        return len(self._loaded.keys() | self._module_of.keys())


class Main(Stoppable):
    """All commands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = LazyCommands(self.commands)


# A page of help uses a wide terminal up to here. It is plain text, as are refusals of options: rich with its Markdown
# takes longer to import than Typer and all commands together.
HELP_COLUMNS_MAX = 120

app = typer.Typer(
    name="tidewaiter",
    cls=Main,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": HELP_COLUMNS_MAX},
    help="Customs releases as numbers that can be cited: validated, versioned, derived, traced to the byte.",
)

# Polars' allocator returns unused memory after three seconds, not one: a month is derived in hundreds of steps, and
# asking the system for memory again in each took up to a third of the processor time of a portion. Polars reads this
# when it is loaded.
ALLOCATOR = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:3000,muzzy_decay_ms:3000"}


def _version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata

        typer.echo(importlib.metadata.version("tidewaiter"))
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Customs releases as numbers that can be cited."""
    for name, setting in ALLOCATOR.items():
        os.environ.setdefault(name, setting)
    _check_own_tables()


@app.command("help", cls=Command, epilog="Example: `tidewaiter help read`")
def show_help(
    context: typer.Context, command: Annotated[str | None, typer.Argument(help="one command; else all")] = None
) -> None:
    """What a command does and takes, as with --help."""
    above = context.parent
    assert above is not None
    if command is None:
        typer.echo(above.get_help())
        return
    group = above.command
    shown = group.get_command(above, command) if isinstance(group, Stoppable) else None
    if shown is None:
        raise typer.BadParameter(f"there is no command {command!r}; tidewaiter help lists them", param_hint="command")
    typer.echo(shown.get_help(type(context)(shown, info_name=command, parent=above)))


def _check_own_tables() -> None:
    """Read the code tables that replace packaged ones and the declarations of sources of one's own, before a command
    imports what rests on them. Raises ValueError."""
    if settings.value(settings.REFERENCE):
        names = [name for name, file in code_files.table_files().items() if file.parent != code_files.FOLDER]
        from schemas.reference.code_tables import code_table

        with _said_of(settings.REFERENCE):
            for name in names:
                code_table(name)
    if settings.value(settings.SOURCES):
        with _said_of(settings.SOURCES):
            files = code_files.own_sources()
            from tasks.sources.adapter.declaration import load

            for file in files.values():
                load(file)


@contextmanager
def _said_of(variable: str) -> Iterator[None]:
    """What is wrong with a file of one's own, with the variable that names its folder. Raises ValueError."""
    from tasks.domain.errors import Refused

    try:
        yield
    except (OSError, ValueError, Refused) as error:
        raise ValueError(f"{variable}, {settings.value(variable)}: {error}") from error
