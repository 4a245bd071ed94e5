"""Holds releases with errors under `store/held`, and records the decision of a person about each.

An approval is bound to the doubts that the person saw. If a later run finds anything else, the release is held again,
and says why. The decision is stored with the release, so a run that is killed after the decision can be repeated, and
no server is needed to decide.

A doubt about trade is asked once: the same partners are few, the same month of the same partner is many times the
others. It is the same doubt as long as its check, what it is about and what was observed of the trade are the same;
what it was compared with may have grown by a month. A doubt about a file (cut off, pasted, of the other direction) is a
new one with each file. The memory is the published table `finding`, so it is there wherever the store is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.outcome import HeldFinding, HeldRelease, HoldDecision
from schemas.forms.request import Landed
from schemas.frames import Finding, PrintedName
from tasks.checks.frame.context import EXAMPLES
from tasks.domain.carried import APPROVED, carried_now
from tasks.domain.clock import CUSTOMS_TIME
from tasks.domain.decisions import withdrawn_on
from tasks.domain.doubt.findings import finding, gather
from tasks.domain.errors import Held, Rejected
from tasks.domain.release_ids import MARK
from tasks.inbox.held import find, keep, place_of
from tasks.ingest.editions import release_id_of
from tasks.ledger.doubts import LIFTED
from tasks.ledger.published_state import PublishedState
from tasks.store.bucket.working_copy import renew
from tasks.store.snapshots.parquet import read_table

# Of a release of more codes a hold keeps the headings.
GOODS_MAX, HEADING_DIGITS = 100, 4
SAME_QUERY = ("source", "reporter", "flow", "partners")


class FindingKey(NamedTuple):
    """What makes two findings the same: the check, what it is about, and what was observed of the trade."""

    check: str
    flow: str | None
    products: tuple[str, ...]
    partners: tuple[str, ...]
    first_month: date | None
    last_month: date | None
    measure: str | None
    listed: tuple[str, ...]
    observed: float | str | None


class ApprovedDoubt(NamedTuple):
    """The approval of a doubt: the words of the person, and the release that they are about."""

    words: str
    release_id: str


def hold_on_errors(
    findings: Finding, landed: Landed, names: PrintedName, known: PublishedState, store: Path, today: date
) -> Finding:
    """Return the findings with the decision of a person, if there is one. Raises Held if an error needs a decision.

    `names` have the codes of the release. The caller holds the lock of the store. A release that is already published
    is not held: its findings were judged when it came.
    """
    release_id = release_id_of(landed)
    errors = findings.filter(pl.col("severity") == "error")
    if not errors.height or release_id in known.releases["release_id"]:
        return findings
    if (carried := carried_now()) is not None and (approval := carried.approvals.get(release_id)):
        return _approved(findings, approval.words, lifts=approval.lifts)
    seen = tuple(map(HeldFinding.model_validate, errors.to_dicts()))
    # Somebody may have decided otherwise, on another machine, since the run began.
    renew(store, place_of(store, release_id))
    before = find(store, release_id)
    answers = answered(errors, landed, known)
    doubts = {doubt_of(entry.model_dump()): entry for entry in seen}
    if (before is None or before.decision is None) and doubts.keys() <= answers.keys():
        return _approved(findings, *_as_given(answers.values()))
    # A doubt that the person did not see needs a new decision; one that is gone does not.
    known_doubts = {*_decided(before), *answers}
    new = [entry for doubt, entry in doubts.items() if doubt not in known_doubts]
    if before is None or (new if before.decision else before.findings != seen):
        before = _held_anew(before, new, landed, store, seen, today)
        before = before.model_copy(update={"goods": _goods(names)})
        keep(store, before)
    return _decided_upon(findings, before, store)


def _decided_upon(findings: Finding, before: HeldRelease, store: Path) -> Finding:
    """Return the findings with an approval. Raises Held without a decision, and Rejected."""
    decision = before.decision
    if decision is None:
        raise Held(before.release_id, before.lines, before.few, store)
    if decision.verdict == "reject":
        why = f"rejected by {decision.by} on {decision.decided_at.astimezone(CUSTOMS_TIME):%Y-%m-%d}: {decision.reason}"
        raise Rejected(before.release_id, [*(entry.line for entry in before.findings), why], [*before.few, why], store)
    words = f"approved by {decision.by}: {decision.reason}"
    return _approved(findings, words, lifts=words if decision.lifts_doubts else None)


def _held_anew(
    before: HeldRelease | None,
    new: list[HeldFinding],
    landed: Landed,
    store: Path,
    seen: tuple[HeldFinding, ...],
    today: date,
) -> HeldRelease:
    """Return the release as it is held now: since it was first held, with why it is asked about again."""
    if before is None:
        return _describe(landed, store, seen, today, None)
    again = _again(before.decision, new) if before.decision else before.asked_again
    return _describe(landed, store, seen, before.held_since, again)


def _decided(before: HeldRelease | None) -> set[FindingKey]:
    """Return the doubts that a person has decided about."""
    if before is None or before.decision is None:
        return set()
    return {doubt_of(entry.model_dump()) for entry in before.findings}


def _as_given(answers: Iterable[ApprovedDoubt]) -> list[str]:
    """Return what was said, each once, with the first release that it was said about."""
    return sorted(
        {reason if " (asked about " in reason else f"{reason} (asked about {name})" for reason, name in answers}
    )


def _approved(findings: Finding, *reasons: str, lifts: str | None = None) -> Finding:
    """The findings with the decision among them, and with the reason why it `lifts` the doubts about the numbers."""
    errors = findings.filter(pl.col("severity") == "error")
    approved = finding(
        APPROVED,
        "info",
        observed="; ".join(reasons),
        expected=f"no errors; there were {errors.height}: {', '.join(errors['check'].unique().sort())}",
        advice="Read the errors of this release before you cite it.",
    )
    rows = [*findings.drop("release_id", "number").to_dicts(), approved]
    if lifts:
        rows.append(
            finding(
                LIFTED,
                "info",
                listed=errors["check"].unique().sort().to_list(),
                observed=lifts,
                expected="doubts that stay with the numbers",
                advice="The numbers are published without these doubts; the errors of the release stay on record.",
            )
        )
    return gather(str(findings["release_id"][0]), rows)


def _again(decision: HoldDecision, new: Sequence[HeldFinding]) -> str:
    """Why a decision does not hold any more."""
    named = ", ".join(f"{entry.check} ({entry.subject})" for entry in new[:EXAMPLES])
    more = f" and {len(new) - EXAMPLES} more" if len(new) > EXAMPLES else ""
    verdict = "approved" if decision.verdict == "approve" else "rejected"
    return (
        f"{verdict} by {decision.by} on {decision.decided_at.astimezone(CUSTOMS_TIME):%Y-%m-%d}, before this was found:"
        f" {named}{more}. Decide again, about all of it."
    )


def _describe(
    landed: Landed, store: Path, findings: tuple[HeldFinding, ...], since: date, asked_again: str | None
) -> HeldRelease:
    first, last = landed.first_month, landed.last_month
    return HeldRelease.model_validate(
        {
            **landed.model_dump(
                include={"raw_sha256", "source", "reporter", "flow", "partners", "products", "released_on", "title"}
            ),
            "release_id": release_id_of(landed),
            "raw": landed.raw.relative_to(store),
            "name": landed.file.name,
            "months": f"{first:%Y-%m}..{last:%Y-%m}" if first and last else None,
            "held_since": since,
            "findings": findings,
            "asked_again": asked_again,
        }
    )


def _goods(names: PrintedName) -> tuple[str, ...]:
    """The codes of a release, or their headings where they are many."""
    codes = names.filter(subject="product")["code"].unique().sort()
    if codes.len() > GOODS_MAX:
        codes = codes.str.head(HEADING_DIGITS).unique().sort()
    return tuple(codes)


def doubt_of(row: Mapping[str, Any]) -> FindingKey:
    """The doubt behind a finding. One about the trade is the same with other words for what it was compared with; of
    one about a file the words are all that tells it from another."""
    products, partners, listed = (tuple(row[name]) for name in ("products", "partners", "listed"))
    about = (row["flow"], products, partners, row["first_month"], row["last_month"], row["measure"], listed)
    return FindingKey(row["check"], *about, row["observed_value"] if row["of_trade"] else row["observed"])


def answered(errors: pl.DataFrame, landed: Landed, known: PublishedState) -> dict[FindingKey, ApprovedDoubt]:
    """The doubts among these errors that a person approved with an earlier release of the same query, each with the
    answer.

    The last such release decides: after it was withdrawn the doubt is a new one.
    """
    trade = errors.filter("of_trade")
    if trade.is_empty() or known.snapshot is None:
        return {}
    earlier = known.releases.filter(pl.col(name).eq_missing(getattr(landed, name)) for name in SAME_QUERY).select(
        "release_id", "released_on"
    )
    findings = read_table(known.snapshot, "finding").join(earlier, on="release_id")
    reasons = dict(findings.filter(check=APPROVED).select("release_id", "observed").iter_rows())
    findings = findings.filter(pl.col("severity") == "error", pl.col("release_id").is_in([*reasons]))
    wanted = {doubt_of(row) for row in trade.iter_rows(named=True)}
    withdrawn, answers = withdrawn_on(known.decisions), dict[FindingKey, ApprovedDoubt | None]()
    for row in findings.sort("released_on", "release_id").iter_rows(named=True):
        doubt = doubt_of(row)
        if doubt in wanted:
            is_out = row["release_id"].partition(MARK)[0] in withdrawn
            answers[doubt] = None if is_out else ApprovedDoubt(reasons[row["release_id"]], row["release_id"])
    return {doubt: answer for doubt, answer in answers.items() if answer is not None}
