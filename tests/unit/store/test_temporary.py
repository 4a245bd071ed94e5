"""A temporary folder is gone at the end; that of a killed process with the next one; never that of a living one."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tasks.store.temporary import temporary_folder

PROGRAM = """
import sys, time
from pathlib import Path
from tasks.store.temporary import temporary_folder
with temporary_folder(Path(sys.argv[1]), "tidewaiter-") as folder:
    (folder / "rows").write_text("rows")
    print(folder, flush=True)
    time.sleep(60)
"""


def begun(parent: Path) -> tuple["subprocess.Popen[str]", Path]:
    """A process that has made a folder and does not end."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(parent)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_goes_with_the_next_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    dying, left = begun(tmp_path)
    living, kept = begun(tmp_path)
    years_ago = time.time() - 10**8
    os.utime(kept, (years_ago, years_ago))
    dying.kill()
    dying.wait()
    assert (left / "rows").exists()
    try:
        with temporary_folder(tmp_path, "another-"):
            assert left.exists(), "folders of another kind are left alone"
        with temporary_folder(tmp_path, "tidewaiter-") as folder:
            assert not left.exists()
            assert (kept / "rows").read_text() == "rows"
            assert folder.parent == tmp_path
        assert not folder.exists()
    finally:
        for process in (dying, living):
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
