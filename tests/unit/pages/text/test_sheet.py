"""A sheet says what is in doubt beside its first sentences, once."""

from tasks.pages.text.sheet import IN_DOUBT, Sheet, SheetPart, page


def test_a_doubt_stands_beside_the_first_sentences_and_other_notes_last() -> None:
    notes = ["Imports are not known.", f"{IN_DOUBT} few partners"]
    text = page(Sheet("A measure", "made of a store", ["First."], [SheetPart("Each code")], notes, "China customs"))
    assert text.count("few partners") == 1
    assert text.index("▲ in doubt: few partners") < text.index("Each code") < text.index("Imports are not known.")
