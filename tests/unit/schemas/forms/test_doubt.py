"""What two doubts have in common is told from what each is about."""

from schemas.forms.doubt import NumberDoubt

ONE = NumberDoubt(
    "few_partners", (), ("BRA",), 24309, 24310, 1.0, None, "partners", of_sum=True, part_pct=2.5, finding="r1 3"
)


def test_a_cause_is_of_any_months_number_and_release() -> None:
    other = ONE._replace(first=1, last=2, of_sum=False, part_pct=None, finding="r2 1")
    assert ONE.cause == other.cause
    assert ONE.cause != ONE._replace(listed=("ARG",)).cause


def test_a_doubt_by_itself_keeps_its_months() -> None:
    assert ONE.by_itself == ONE._replace(of_sum=False, part_pct=None, finding="")
    assert ONE.by_itself != ONE._replace(first=24308).by_itself
