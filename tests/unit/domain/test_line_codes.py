"""The national codes of a line: each text of the catalogue is codes and ranges."""

from schemas.reference.code_tables import code_table
from tasks.domain.line_codes import codes_of_line


def test_the_codes_of_a_line_are_codes_and_ranges() -> None:
    assert codes_of_line("2530902,28053,2846") == ("2530902", "28053", "2846")
    assert codes_of_line("0302-0304,12119011-12119012") == ("0302", "0303", "0304", "12119011", "12119012")
    assert all(codes_of_line(codes) for codes in code_table("line_codes")["codes"])
