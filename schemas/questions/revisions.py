"""What releases revised."""

from typing import Annotated

from schemas.questions.question import Help, OfReporter, Texts


class Revisions(OfReporter):
    """What each release revised, as markdown: numbers changed, added, removed or moved, and what that did to the
    totals."""

    release: Annotated[Texts, Help("release id; none: every release")] = None
