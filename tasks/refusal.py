"""The one way to say no to a file: what was found, where, and what to do."""


class Refused(Exception):
    """The input cannot be used; nothing of it is published. `rule` names the rule that it broke.

    The message always has three parts, so that whoever dropped the file can mend it without reading code.
    """

    def __init__(self, rule: str, *, where: str, found: str, advice: str) -> None:
        self.rule, self.where, self.found, self.advice = rule, where, found, advice
        super().__init__(f"{where}: {found}. {advice}")

    def __reduce__(self) -> tuple[object, ...]:
        """Exceptions with keyword arguments do not pickle by themselves, and Prefect sends them between processes."""
        return (_rebuild, (self.rule, self.where, self.found, self.advice))


def _rebuild(rule: str, where: str, found: str, advice: str) -> Refused:
    return Refused(rule, where=where, found=found, advice=advice)


def clip(text: str, length: int = 80) -> str:
    """Text from a stranger's file, short enough and plain enough for a terminal."""
    plain = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    return plain if len(plain) <= length else f"{plain[:length]}… ({len(plain)} characters)"
