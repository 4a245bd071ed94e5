"""A sheet says what is in doubt beside its first sentences, once."""

from schemas.forms.doubt import NumberDoubt
from tasks.pages.text.sheet import Sheet, SheetPart, markdown, page


def test_a_doubt_stands_beside_the_first_sentences_and_other_notes_last() -> None:
    notes, doubts = ("Imports are not known.",), [NumberDoubt("few_partners", (), ("BRA",), 24309, 24309)]
    sheet = Sheet("A measure", "made of a store", ["First."], [SheetPart("Each code")], notes, doubts, "China customs")
    text, said = page(sheet), "in doubt: few partners for a file of all partners, 2025-10: only Brazil"
    assert text.count("few partners") == 1
    assert text.index(f"▲ {said}") < text.index("Each code") < text.index("Imports are not known.")
    assert f"- {said}\n- Imports are not known." in markdown(sheet)
