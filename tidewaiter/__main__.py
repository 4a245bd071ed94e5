"""Starts the command line: `tidewaiter`, or `python -m tidewaiter`."""

import sys

from tidewaiter.shadows import refuse_shadows


def main() -> None:
    """Run the command, or say in one line what hides the packages that it needs."""
    try:
        refuse_shadows()
    except ImportError as error:
        sys.stderr.write(f"refused {error}\n")
        sys.exit(2)
    from flows.cli.app import app

    app(prog_name="tidewaiter")


if __name__ == "__main__":
    main()
