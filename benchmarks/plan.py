"""How long many reporters take on many machines if their work is divided: planned from measured times, not promised.

    python -m benchmarks.plan [--months 12] [--cores 2] [--machines 1 2 8 32]

The seconds of a step are those of five months of size M in one process, by records: statements are what is read ahead
(parse, normalise, hash), verdicts what the driving process does with each file in order (land, check, merge, widen,
encode the ledger). Reporters are the 27 of Comext, by
their rough shares of its 4.9 million rows a month (`comext_generate`), and three with a month of size M. Two ways are
planned: a whole reporter is a piece, as in a pool of workers; or files, portions and months are pieces, and only
verdicts and commits are one after another in a reporter, in order. A piece with the longest way to the end goes first.
What is not in it: machines that differ, reading from a bucket, mirrors at the end.
"""

import argparse
import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks import results
from benchmarks.comext_generate import SHARES

# Processor seconds of a step for five months of size M, 1,634,056 records, one process: shares of a run on a busy
# machine (99.9 in all) of the 59.8 that a quiet one took.
RECORDS = 1_634_056
STATEMENTS, VERDICTS, FIGURES, ANALYSIS, COMMIT = 9.5, 15.2, 25.2, 5.2, 0.6
# Once in each process of a driver.
START = 4.1
# A month of Comext, and one of size M, in records; figures are derived by groups of chapters.
COMEXT_ROWS, OTHERS, MONTH_OF_M = 4_902_194, 3, 326_811
PORTIONS = 7


@dataclass(frozen=True)
class Piece:
    """Work that is done in one go: its seconds, and the pieces that must be done before."""

    name: str
    seconds: float
    after: tuple[str, ...] = ()


def sizes() -> dict[str, float]:
    """Records a month of each reporter."""
    every = sum(SHARES.values())
    members = {name: COMEXT_ROWS * share / every for name, share in SHARES.items()}
    return members | {f"cube {number}": float(MONTH_OF_M) for number in range(1, OTHERS + 1)}


def whole_reporters(records: Mapping[str, float], months: int) -> list[Piece]:
    """A piece for each reporter."""
    each = STATEMENTS + VERDICTS + FIGURES + ANALYSIS + COMMIT
    return [Piece(name, START + each * months * count / RECORDS) for name, count in records.items()]


def divided(records: Mapping[str, float], months: int) -> list[Piece]:
    """A piece for each file, verdict, portion, month of analysis and commit."""
    pieces = []
    for name, count in records.items():
        part = count / RECORDS
        before: tuple[str, ...] = ()
        for month in range(1, months + 1):
            place = f"{name} {month}"
            start = START if month == 1 else 0.0
            pieces.append(Piece(f"{place} statements", STATEMENTS * part + start))
            pieces.append(Piece(f"{place} verdict", VERDICTS * part, (f"{place} statements", *before)))
            before = (f"{place} verdict",)
            portions = [f"{place} figures {number}" for number in range(1, PORTIONS + 1)]
            pieces += [Piece(one, FIGURES * part / PORTIONS, before) for one in portions]
            pieces.append(Piece(f"{place} analysis", ANALYSIS * part, tuple(portions)))
        made = tuple(f"{name} {month} analysis" for month in range(1, months + 1))
        pieces.append(Piece(f"{name} commit", COMMIT * part * months, made))
    return pieces


def ways(pieces: Sequence[Piece]) -> dict[str, float]:
    """The seconds from the start of each piece to the end of all that waits for it, however many machines there are."""
    followers: dict[str, list[str]] = {piece.name: [] for piece in pieces}
    for piece in pieces:
        for one in piece.after:
            followers[one].append(piece.name)
    seconds = {piece.name: piece.seconds for piece in pieces}
    longest: dict[str, float] = {}
    # A piece is listed after those that it waits for.
    for piece in reversed(pieces):
        longest[piece.name] = seconds[piece.name] + max((longest[one] for one in followers[piece.name]), default=0.0)
    return longest


def longest_chain(pieces: Sequence[Piece]) -> list[str]:
    """The names of the pieces of the longest way, in order."""
    longest, by_name = ways(pieces), {piece.name: piece for piece in pieces}
    followers: dict[str, list[str]] = {name: [] for name in by_name}
    for piece in pieces:
        for one in piece.after:
            followers[one].append(piece.name)
    name = max((piece.name for piece in pieces if not piece.after), key=lambda one: longest[one])
    chain = [name]
    while followers[chain[-1]]:
        chain.append(max(followers[chain[-1]], key=lambda one: longest[one]))
    return chain


def planned(pieces: Sequence[Piece], places: int) -> float:
    """The seconds until the last piece is done where so many are done at once."""
    longest, by_name = ways(pieces), {piece.name: piece for piece in pieces}
    waiting_for = {piece.name: len(piece.after) for piece in pieces}
    followers: dict[str, list[str]] = {name: [] for name in by_name}
    for piece in pieces:
        for one in piece.after:
            followers[one].append(piece.name)
    ready = [(-longest[piece.name], piece.name) for piece in pieces if not piece.after]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < places:
            _, name = heapq.heappop(ready)
            heapq.heappush(running, (now + by_name[name].seconds, name))
        now, name = heapq.heappop(running)
        for one in followers[name]:
            waiting_for[one] -= 1
            if not waiting_for[one]:
                heapq.heappush(ready, (-longest[one], one))
    return now


def main() -> None:
    """Print a table of both ways."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--months", type=int, default=12)
    ask.add_argument("--cores", type=int, default=2, help="of each machine, a process on each")
    ask.add_argument("--machines", type=int, nargs="*", default=[1, 2, 8, 32])
    given = ask.parse_args()
    records = sizes()
    forms = {"a reporter": whole_reporters(records, given.months), "files, portions": divided(records, given.months)}
    rows = []
    for title, pieces in forms.items():
        total = sum(piece.seconds for piece in pieces)
        for machines in given.machines:
            time = planned(pieces, machines * given.cores)
            busy = total / (time * machines * given.cores)
            rows.append([title, str(machines), f"{time:,.0f}", f"{total / time:.1f}", f"{100 * busy:.0f} %"])
    print(f"{len(records)} reporters, {given.months} months, {sum(records.values()) * given.months:,.0f} records\n")
    print(results.table(["a piece is", "machines", "s", "times as quick as one process", "busy"], rows))
    for title, pieces in forms.items():
        chain = longest_chain(pieces)
        named = f"{chain[0]} … {chain[-1]}" if len(chain) > 1 else chain[0]
        print(f"longest chain, {title}: {max(ways(pieces).values()):,.0f} s, {len(chain)} pieces, {named}")


if __name__ == "__main__":
    main()
