"""Reads a flag of the command line that is not given without pydantic, which takes as long to import as Typer."""

from typing import Any


class QuickFlags:
    """A command whose flags for help and completion are false, and not missing, where they are not given."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options and arguments of the command."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # of the command that this is mixed into
        for option in found:
            # Typer reads every missing value with pydantic, but no flag that is false. These flags go to no function.
            if getattr(option, "is_flag", False) and option.default is None and not option.expose_value:
                option.default = False
        return found
