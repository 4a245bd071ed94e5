"""Publishes checked claims as the table `claim`, in a snapshot that carries every other table over unchanged. The same
file against the same ledger is published once: the second time nothing changes.
"""

from pathlib import Path

import polars as pl

from schemas.frames import CheckedClaim
from tasks.claims.check import ClaimsFile, claim_rows
from tasks.domain.hashing import code_sha256, frame_sha256, json_sha256, versions
from tasks.lineage.records import as_table, current_run
from tasks.lineage.snapshot_metadata import describer
from tasks.publication.publication import with_own_record
from tasks.store.bucket.working_copy import announcement
from tasks.store.files.snapshot import Snapshot
from tasks.store.places.verify_on_read import refuse_another_version
from tasks.store.snapshots.parquet import encode_file, read_table
from tasks.store.snapshots.publish import Publication, publish


def publish_claims(store: Path, claims: ClaimsFile, checked: CheckedClaim, snapshot: Snapshot) -> Publication:
    """Publish the checked claims of a file in place of earlier ones of the same name. The caller holds the lock of the
    store.

    Raises Outpaced if the store lies in a bucket and another machine published there meanwhile, StoreError if a later
    version wrote a format that this one does not know.
    """
    refuse_another_version(snapshot)
    releases = read_table(snapshot, "release")
    rows = claim_rows(claims, checked, releases)
    others = read_table(snapshot, "claim").filter(pl.col("claims_file") != claims.name)
    whole = pl.concat([others, rows])
    files = whole.select("claims_file", "claims_sha256").unique().sort("claims_file")
    derivation = {
        "table": "claim",
        "code_sha256": code_sha256(),
        "claims": files.to_dicts(),
        "inputs": releases.select("release_id", "raw_sha256").sort("release_id").to_dicts(),
        "versions": versions(),
    }
    new = [encode_file("claim", whole, "", derivation)]
    checking = f"claims-{json_sha256([claims.sha256, frame_sha256(rows)])[:16]}"
    if checking not in read_table(snapshot, "lineage")["release_id"]:
        run = current_run()
        trail = with_own_record(
            as_table(checking, run.records if run else []),
            checking,
            "publish_claims",
            {"claims": claims.sha256},
            {"claim": frame_sha256(rows)},
            rows.height,
            {"claims_file": claims.name},
        )
        new.append(encode_file("lineage", trail, "", derivation))
    carried = [entry for entry in snapshot.files if entry.table != "claim"]
    return publish(
        store,
        new,
        carried=carried,
        parent=snapshot,
        about=snapshot.about,
        describe=describer(releases),
        audit=announcement(store),
    )
