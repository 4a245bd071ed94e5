"""The 85 ways in which an input can be bad, by number, as cases: what arrives, byte for byte, and what must become of
it.

Belongs here: how a customs download looks (`download`), what a case is and how it is run (`case`), and the rows
themselves by the place where the harm happens (`bytes_rows`, `field_rows`, `release_rows`, `archive_rows`). To add a
row: a line in one of them; `test_bad_inputs.py` finds it.
"""
