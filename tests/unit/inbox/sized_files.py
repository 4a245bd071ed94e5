"""Files of a size, as they lie in an inbox."""

from pathlib import Path

from tests.unit.dropped_files import drop

OF = {
    "CHN": 'source = "gacc_query"\nflow = "export"\npartners = "all"\n',
    "DEU": 'source = "eurostat_comext"\nreporter = "DEU"\npartners = "all"\n',
    "GBR": 'source = "hmrc_ots"\npartners = "all"\n',
}


def sized(folder: Path, name: str, size: int, sidecar: str) -> None:
    drop(folder, name, sidecar=sidecar).write_bytes(b"x" * size)
