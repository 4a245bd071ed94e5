"""The same figures as a competent user of DuckDB would make them, without Tidewaiter.

    python -m benchmarks.rival_duckdb FOLDER OUTPUT

Reads the query files of FOLDER, turned into UTF-8 by iconv because that is all that DuckDB reads, and writes
OUTPUT/flow=export/year=…/month=…/*.parquet, one row per product, partner, month and measure with trade in it. Growth
goes by the calendar: the windows are ranges of months, not of rows, and no record is no trade.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

REFERENCE = Path(__file__).parent.parent / "schemas" / "reference"
TITLES = (
    "period",
    "product",
    "product_name",
    "code",
    "partner_name",
    "first",
    "first_unit",
    "second",
    "second_unit",
    "value_usd",
    "nothing",
)

READ = """
create table records as
select product, partner, period // 100 * 12 + period % 100 - 1 as month,
       case when first_unit = '千克' then first else second end::bigint as quantity_kg, value_usd
from (
    select product, code, first_unit, period::integer as period, first::bigint as first, second::bigint as second,
           replace(value_usd, ',', '')::bigint as value_usd
    from read_csv('{files}', header = true, quote = '"', delim = ',', columns = {columns}, parallel = false)
)
join (select distinct on (gacc_code) gacc_code as code, partner
    from read_csv('{reference}/partners.csv', all_varchar = true))
using (code)
"""

SUMS = """
create table sums as
with by_partner as (
    select substr(product, 1, digits) as product, partner, month,
           sum(quantity_kg)::bigint as quantity_kg, sum(value_usd)::bigint as value_usd
    from records cross join (values (8), (6), (4), (2)) as levels(digits)
    group by all
), members as (
    select partner, month
    from read_csv('{reference}/partner_groups.csv', all_varchar = true)
    cross join (select distinct month, printf('%04d-%02d', month // 12, month % 12 + 1) as text from records)
    where valid_from <= text and (valid_to is null or valid_to = '' or valid_to >= text)
)
from by_partner
union all by name
select product, 'WLD' as partner, month, sum(quantity_kg)::bigint as quantity_kg, sum(value_usd)::bigint as value_usd
from by_partner group by all
union all by name
select product, 'EU27' as partner, month, sum(quantity_kg)::bigint as quantity_kg, sum(value_usd)::bigint as value_usd
from by_partner join members using (partner, month) group by all
"""

# For each of the two sums: itself, and its sums over ranges of months; 0 where there was no trade in the range.
WINDOWS = """
create table windowed as
select product, partner, month, {columns}
from sums
window series as (partition by product, partner order by month)
"""
RANGES = {
    "level": "0 preceding and current row",
    "before": "1 preceding and 1 preceding",
    "year_before": "12 preceding and 12 preceding",
    "ytd": "(month % 12) preceding and current row",
    "ytd_before": "(month % 12 + 12) preceding and 12 preceding",
    "rolling": "11 preceding and current row",
    "rolling_before": "23 preceding and 12 preceding",
}

# The first month of the data, to know from which month on a look back finds something, be it that there was no trade.
WRITE = """
copy (
    with world as (
        select product, month, quantity_kg_level as world_kg, value_usd_level as world_usd
        from windowed where partner = 'WLD'
    ), since as (select min(month) as start from sums),
    placed as (
        select windowed.*, now.world_kg, now.world_usd, before.world_kg as world_kg_before,
               before.world_usd as world_usd_before, year_before.world_kg as world_kg_year_before,
               year_before.world_usd as world_usd_year_before, windowed.month - start as place
        from windowed cross join since
        join world as now on now.product = windowed.product and now.month = windowed.month
        left join world as before on before.product = windowed.product and before.month = windowed.month - 1
        left join world as year_before
            on year_before.product = windowed.product and year_before.month = windowed.month - 12
    )
    {measures}
) to '{output}' (format parquet, compression zstd, partition_by (flow, year, month), overwrite_or_ignore)
"""
MEASURE = """
select '{flow}' as flow, month // 12 as year, month % 12 + 1 as month, product, partner, '{measure}' as measure,
       {m}_level::double as level,
       ({m}_level / nullif({m}_before, 0) - 1) * 100 as mom_pct,
       ({m}_level / nullif({m}_year_before, 0) - 1) * 100 as yoy_pct,
       {m}_ytd::double as ytd,
       ({m}_ytd / nullif({m}_ytd_before, 0) - 1) * 100 as ytd_yoy_pct,
       case when place >= 11 then {m}_rolling::double end as rolling_12m,
       case when place >= 23 then ({m}_rolling / nullif({m}_rolling_before, 0) - 1) * 100 end as rolling_12m_yoy_pct,
       {m}_level / world_{w} * 100 as share_pct,
       case when partner not in ('WLD', 'EU27') then
           rank() over (partition by product, month, partner in ('WLD', 'EU27') order by {m}_level desc) end as rank,
       ({m}_level - {m}_before) / world_{w}_before * 100 as contribution_mom_pp,
       ({m}_level - {m}_year_before) / world_{w}_year_before * 100 as contribution_yoy_pp
from placed
"""
RATIO = """
select '{flow}' as flow, month // 12 as year, month % 12 + 1 as month, product, partner,
       'unit_value_usd_per_kg' as measure,
       level, (level / before - 1) * 100 as mom_pct, (level / year_before - 1) * 100 as yoy_pct,
       ytd, (ytd / ytd_before - 1) * 100 as ytd_yoy_pct,
       case when place >= 11 then rolling end as rolling_12m,
       case when place >= 23 then (rolling / rolling_before - 1) * 100 end as rolling_12m_yoy_pct,
       null as share_pct, null as rank, null as contribution_mom_pp, null as contribution_yoy_pp
from (select product, partner, month, place, {ratios} from placed)
"""


def main() -> None:
    """Convert, read, sum, compare months, write."""
    folder, output = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory(dir=output.parent) as name:
        for file in sorted(folder.glob("*.csv")):
            with (Path(name) / file.name).open("wb") as out:
                subprocess.run(["iconv", "-f", "GB18030", "-t", "UTF-8", str(file)], stdout=out, check=True)
        connection = duckdb.connect(str(Path(name) / "work.duckdb"))
        connection.execute(
            READ.format(files=f"{name}/*.csv", columns=dict.fromkeys(TITLES, "VARCHAR"), reference=REFERENCE)
        )
        write(connection, output, "export", "usd")


def write(connection: duckdb.DuckDBPyConnection, output: Path, flow: str, currency: str) -> None:
    """The figures of one flow, from the table `records`, as OUTPUT/flow=…/year=…/month=…/*.parquet."""
    for table in ("sums", "windowed"):
        connection.execute(f"drop table if exists {table}")
    connection.execute(_in(SUMS, currency).format(reference=REFERENCE))
    windows = [
        f"coalesce(sum({measure}) over (series range between {frame}), 0)::bigint as {measure}_{name}"
        for measure in ("quantity_kg", f"value_{currency}")
        for name, frame in RANGES.items()
    ]
    connection.execute(WINDOWS.format(columns=", ".join(windows)))
    measures = [
        _in(MEASURE, currency).format(measure=measure, m=measure, w=unit, flow=flow)
        for measure, unit in (("quantity_kg", "kg"), (f"value_{currency}", currency))
    ]
    ratios = [f"value_{currency}_{name} / nullif(quantity_kg_{name}, 0) as {name}" for name in RANGES]
    measures.append(_in(RATIO, currency).format(ratios=", ".join(ratios), flow=flow))
    connection.execute(_in(WRITE, currency).format(measures="union all by name".join(measures), output=output))


def _in(query: str, currency: str) -> str:
    return query.replace("usd", currency)


if __name__ == "__main__":
    main()
