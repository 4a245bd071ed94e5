"""A release with so few partners that its numbers stand in doubt: its rows, and the words of the doubt."""

from bad_inputs.download import magnets

CODE = "85051110"
FEW = "few partners for a file of all partners, 2025-05 to 2025-06: only Germany, South Korea and United States"
# Worth so much that more partners than three are expected.
THREE = [magnets(partner, "900000", "90,000,000") for partner in ("502", "304", "133")]
