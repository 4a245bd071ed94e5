"""What Prefect costs on a large release: the flow in a run against the same steps as plain functions, in one process.

    python -m benchmarks.prefect_overhead [--rows 500000] [--rounds 3]

Left out of the ratio, and printed: what is paid once whatever the release (imports, server, the first flow run of a
process). The second that a flow run waits for its heartbeat to end, and the pages with their pictures, are part of the
flow and are in the ratio. Each round is a store of its own; the two ways take turns at going first, and each is represented by
its best round. On a machine that does other things besides, the ratio of processor seconds says more than that of the clock.
"""

import argparse
import os
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

TITLES = "数据年月,商品编码,商品名称,贸易伙伴编码,贸易伙伴名称,第一数量,第一计量单位,第二数量,第二计量单位,美元"
PARTNERS = (
    "502",
    "304",
    "133",
    "116",
    "344",
    "110",
    "303",
    "305",
    "307",
    "601",
    "410",
    "501",
    "111",
    "122",
    "132",
    "141",
    "136",
    "138",
    "112",
    "142",
)


class Cost(NamedTuple):
    """What a release took: by the clock, and of the processors in this process."""

    clock: float
    processor: float


def synthetic(rows: int, folder: Path) -> Path:
    """A query download of `rows` records: products by partners for one month, and no multiple of the row cap."""
    wanted = rows + (rows % 10_000 == 0)
    lines = [",".join(f'"{title}"' for title in TITLES.split(",")) + ",\n"]
    for number in range(wanted):
        product, partner = divmod(number, len(PARTNERS))
        kilograms = 1_000 + number * 7 % 90_000
        cells = (
            "202506",
            f"{1_000_000 + product * 61 % 98_000_000 + 1:08d}",
            "货",
            PARTNERS[partner],
            "国",
            str(kilograms),
            "千克",
            "0",
            "?",
            f"{kilograms * 57:,}",
        )
        lines.append(",".join(f'"{cell}"' for cell in cells) + ",\n")
    file = folder / "synthetic.csv"
    file.write_bytes("".join(lines).encode("gb18030"))
    return file


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=500_000)
    options.add_argument("--rounds", type=int, default=3)
    wanted = options.parse_args()
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "ERROR")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)
        from flows import server

        server.HOME, server.NOTE = folder / ".prefect", folder / ".prefect" / "server.json"
        started = time.perf_counter()
        api = server.ensure_server()
        server.use(api)
        try:
            from flows.release import release
            from schemas.request import ReleaseRequest

            def once(file: Path, store: str, prefect: bool) -> Cost:
                request = ReleaseRequest(
                    file=file, store=folder / store, source="gacc_query", flow="export", released_on=date(2025, 7, 20)
                )
                began, used = time.perf_counter(), time.process_time()
                outcome = release(request) if prefect else release.fn(request)
                assert outcome.status == "published", outcome
                return Cost(time.perf_counter() - began, time.process_time() - used)

            (folder / "small").mkdir()
            small = synthetic(100, folder / "small")
            first = once(small, "first", True).clock
            print(
                f"paid once: server and imports {time.perf_counter() - started - first:.1f} s, first flow run of 101 records {first:.1f} s"
            )
            plain, run = once(small, "small-plain", False), once(small, "small-flow", True)
            print(f"each small release: plain {plain.clock:.2f} s, in a run {run.clock:.2f} s")
            file = synthetic(wanted.rows, folder)
            costs: dict[bool, list[Cost]] = {False: [], True: []}
            for turn in range(wanted.rounds):
                for prefect in (bool(turn % 2), not turn % 2):
                    costs[prefect].append(once(file, f"store-{turn}-{prefect}", prefect))
            print(f"{wanted.rows:,} records, best of {wanted.rounds}:")
            for kind in Cost._fields:
                plain_s, run_s = (min(getattr(cost, kind) for cost in costs[way]) for way in (False, True))
                print(
                    f"  {kind + ' seconds':<18} plain {plain_s:6.2f}, in a run {run_s:6.2f}, ratio {run_s / plain_s:.3f}"
                )
        finally:
            server.stop_server()


if __name__ == "__main__":
    main()
