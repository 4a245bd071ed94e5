"""How many of a thing there are, in English words: for findings, refusals and the terminal alike."""


def counted(number: int, noun: str) -> str:
    """A number of things: `1 file`, `1,200 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
