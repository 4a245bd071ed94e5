"""What duty was assessed, out of a published store of the United States: months, windows with placebos, claims, what is
not stated."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import tidewaiter
from schemas import settings
from schemas.names import INPUT
from schemas.questions.claims import CheckClaims
from schemas.questions.duties import Duties
from tasks.answers.measures.duties import duties
from tasks.answers.trade.check_claims import check_claims
from tasks.domain.errors import HowUnderstood, NoFigure
from tasks.domain.export_controls.control_lists import control_lists
from tasks.lineage.point import Point
from tasks.lineage.trace import Tracer
from tasks.reading.query import open_published
from tasks.sources.registry import SOURCES
from tests.unit.census_archive import Row, members, packed
from tests.unit.published_stores import publish

NAMES = ["CTY_CODE", "GEN_VAL_MO", "CON_VAL_MO", "DUT_VAL_MO", "CAL_DUT_MO", "I_COMMODITY", "time", "COMM_LVL"]
CHINA, JAPAN, KOREA, GERMANY = "5700", "5880", "5800", "4280"
MAGNETS, FERRITE = "8505110070", "8505195000"


def answer(months: list[str], rates: dict[str, tuple[float, float]], day: str) -> bytes:
    """Imports for consumption of 1,000 dollars of each good and country: per cent before `day` and from it on; those of
    Germany are free, and half of those of Korea dutiable."""
    rows = []
    for month in months:
        for country, (before, after) in rates.items():
            for code in (MAGNETS, FERRITE):
                dutiable = 0 if country == GERMANY else 500 if country == KOREA else 1_000
                rate = after if month >= day else before
                duty = round(dutiable * rate / 100)
                rows.append([country, "1000", "1000", str(dutiable), str(duty), code, month, "HS10"])
    return json.dumps([NAMES, *rows]).encode()


RATES = {CHINA: (5.0, 47.0), JAPAN: (2.0, 12.0), KOREA: (4.0, 4.0), GERMANY: (0.0, 0.0)}
MONTHS = [f"2025-{month:02d}" for month in range(1, 7)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("duties")
    scope = {"flow": "import", "products": ["8505"], "months": "2025-01..2025-06", "released_on": date(2025, 8, 5)}
    publish(folder, "USA", "census.json", answer(MONTHS, RATES, "2025-04"), "us_census", **scope)
    return folder / "store" / "reporter=USA"


def test_months_have_rates_of_all_imports_and_of_what_was_dutiable(store: Path) -> None:
    rows = duties(Duties(MAGNETS, partner=("CHN", "KOR", "DEU"), month="2025-03..2025-04", store=store)).rows
    shown = rows.select(
        "partner", "first_month", "rate_pct", "dutiable_rate_pct", "dutiable_share_pct", "status"
    ).rows()
    march, april = date(2025, 3, 1), date(2025, 4, 1)
    assert shown == [
        ("CHN", march, 5.0, 5.0, 100.0, "dutiable"),
        ("CHN", april, 47.0, 47.0, 100.0, "dutiable"),
        ("KOR", march, 2.0, 4.0, 50.0, "partly_free"),
        ("KOR", april, 2.0, 4.0, 50.0, "partly_free"),
        ("DEU", march, 0.0, None, 0.0, "free"),
        ("DEU", april, 0.0, None, 0.0, "free"),
    ]


def test_a_heading_and_the_world_are_the_sums_of_their_parts(store: Path) -> None:
    """470 + 120 + 20 + 0 of 4,000 dollars a good."""
    (row,) = duties(Duties("8505", month="latest", store=store)).rows.to_dicts()
    assert (row["first_month"], row["consumption_usd"], row["duty_usd"]) == (date(2025, 6, 1), 8_000.0, 1_220.0)
    assert row["rate_pct"] == pytest.approx(15.25)


@pytest.mark.parametrize("day", ["2025-04-09", date(2025, 4, 9), "2025-04", "April 2025"])
def test_around_a_day_other_partners_are_placebos(store: Path, day: date | str) -> None:
    answered = duties(Duties(MAGNETS, partner="CHN", around=day, months=3, store=store))
    rows = answered.rows
    assert rows.filter(role="asked").select("side", "rate_pct").rows() == [("before", 5.0), ("after", 47.0)]
    assert {*rows.filter(role="placebo")["partner"]} == {"JPN", "KOR", "DEU"}
    said = "CHN: +42.0 percentage points from before to after 2025-04; 0 of 3 other partners of the same goods rose by"
    assert any(note.startswith(said) for note in answered.notes)
    with pytest.warns(HowUnderstood, match="placebo|percentage points|IEEPA"):
        assert tidewaiter.duties(MAGNETS, partner="CHN", around=day, store=store).height == rows.height


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2025", "'2025' is several months; name the day on which the tariff began"),
        ("2025-01..2025-06", "is several months; name the day"),
        ("latest", "'latest' is no day; name the one on which the tariff began"),
    ],
)
def test_around_what_is_no_day_is_refused(store: Path, day: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        duties(Duties(MAGNETS, partner="CHN", around=day, store=store))


def test_the_codes_of_a_list_are_added_up(store: Path) -> None:
    """The measure on magnets has no code of the United States' list, and its codes of China's are named."""
    with pytest.raises(ValueError, match="this store has no code of list:mofcom-gacc-2025-18"):
        duties(Duties("list:mofcom-gacc-2025-18", store=store))


def test_a_month_that_is_not_covered_and_a_source_without_duty_say_so(store: Path, tmp_path: Path) -> None:
    rows = duties(Duties(MAGNETS, partner="CHN", month="2025-06..2025-07", store=store)).rows
    assert rows["status"].to_list() == ["dutiable", "not_covered"]
    assert rows["rate_pct"].to_list() == [47.0, None]
    with pytest.raises(NoFigure, match="no imports for consumption of 8505110070 are known"):
        duties(Duties(MAGNETS, partner="CHN", month="2024-01", store=store))
    plain = json.dumps(
        [["CTY_CODE", "GEN_VAL_MO", "I_COMMODITY", "time", "COMM_LVL"], [CHINA, "1000", MAGNETS, "2025-06", "HS10"]]
    ).encode()
    scope = {"flow": "import", "products": ["850511"], "months": "2025-06", "released_on": date(2025, 8, 5)}
    publish(tmp_path, "USA", "plain.json", plain, "us_census", **scope)
    with pytest.raises(NoFigure, match="no imports for consumption"):
        duties(Duties(MAGNETS, month="2025-06", store=tmp_path / "store" / "reporter=USA"))


def test_vintages_are_kept_and_a_day_has_its_own_rate(store: Path, tmp_path: Path) -> None:
    scope = {"flow": "import", "products": ["8505"], "months": "2025-06"}
    for day, rate in ((date(2025, 8, 5), 47.0), (date(2025, 9, 5), 30.0)):
        data = answer(["2025-06"], {CHINA: (rate, rate)}, "2025-01")
        publish(tmp_path, "USA", f"{day}.json", data, "us_census", **scope, released_on=day)
    place = tmp_path / "store" / "reporter=USA"
    asked = {"partner": "CHN", "month": "2025-06", "store": place}
    assert duties(Duties(MAGNETS, **asked)).rows["rate_pct"].to_list() == [30.0]
    assert duties(Duties(MAGNETS, **asked, as_of="2025-08-20")).rows["rate_pct"].to_list() == [47.0]
    assert isinstance(duties(Duties(MAGNETS, **asked)).rows, pl.DataFrame)


def test_a_list_with_rates_says_what_it_alone_would_have_added(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """25 % on both goods from 15 February, and 10 % more on one from April on: of 2,000 dollars 500, then 600."""
    (tmp_path / "extra.csv").write_text(
        "hts8,list,effective_date,rate_pct\n85051100,a,2025-02-15,25\n85051950,a,2025-02-15,25\n"
        "8505110070,b,2025-04-01,10\n",
        encoding="utf-8",
    )
    monkeypatch.setenv(settings.CONTROL_LISTS, str(tmp_path / "extra.csv"))
    control_lists.cache_clear()
    answer = duties(Duties("list:extra", partner="CHN", month="2025-01..2025-04", store=store))
    tier = duties(Duties("list:extra:b", partner="CHN", month="2025-04", store=store))
    control_lists.cache_clear()
    shown = answer.rows.select("consumption_usd", "rate_pct", "list_duty_usd", "list_rate_pct").rows()
    assert shown == [
        (2_000.0, 5.0, 0.0, 0.0),
        (2_000.0, 5.0, None, None),
        (2_000.0, 5.0, 500.0, 25.0),
        (2_000.0, 47.0, 600.0, 30.0),
    ]
    assert tier.rows["list_rate_pct"].to_list() == [10.0]
    said = " ".join(answer.notes)
    assert "it is known of 3 of 4 rows" in said
    assert "of 2025-02 to 2025-04: the duties assessed have tariffs under IEEPA in them" in said


TARIFFS = [
    # commodity, partner, period, metric, value, qualifier: verdict, and a part of its reason
    (MAGNETS, "China", "2025-06", "tariff", "47", "", "supported", "47.00 %, 470 USD of duty on 1,000 USD of imports"),
    (MAGNETS, "中国", "2025年6月", "关税", "47", "", "supported", "47.00 %"),
    (MAGNETS, "China", "2025-06", "effective tariff rate", "47", "", "supported", "47.00 %"),
    # Of Korea's a half is dutiable, at 4 %: 2 % of all was assessed.
    (MAGNETS, "Korea", "2025-06", "tariff", "4", "", "supported", "4.00 %, 20 USD of duty on 500 USD of dutiable"),
    (MAGNETS, "Korea", "2025-06", "duty paid", "2", "", "supported", "2.00 %"),
    (MAGNETS, "Korea", "2025-06", "importers paid", "2", "", "supported", "paid in the end. Of 2025-06: the duties"),
    (MAGNETS, "Korea", "2025-01", "duty paid", "2", "", "supported", "not what was paid in the end."),
    # Three months at 5 % and three at 47 % of as much, in the half year and in the year as far as it is known.
    (MAGNETS, "China", "2025年上半年", "税率", "26", "", "supported", "26.00 %"),
    (MAGNETS, "China", "2025-01..2025-06", "tariff", "47", "", "not_checkable",
        "less was assessed than a tariff of 47"),
    (MAGNETS, "China", "2025-01..2025-06", "实际税率", "47", "", "contradicted", "26.00 %"),
    (MAGNETS, "China", "2025-06", "tariff", "30", "", "contradicted", "47.00 %"),
    (MAGNETS, "China", "2025-06", "tariff", "10", "less than", "contradicted", "47.00 %"),
    (MAGNETS, "China", "2025-06", "tariff", "40", "more than", "supported", "47.00 %"),
    # All countries: 470 + 120 + 20 + 0 of 4,000 dollars.
    (MAGNETS, "any country", "2025-06", "tariff", "15.25", "", "supported", "15.25 %"),
    (MAGNETS, "所有国家", "2025年6月", "关税税率", "15.3", "", "supported", "15.25 %"),
    ("8505", "world", "June 2025", "tariff", "15.25", "", "supported", "15.25 %"),
    (MAGNETS, "Germany", "2025-06", "tariff", "0", "", "supported", "0.00 %"),
    (MAGNETS, "China", "2025-07", "tariff", "47", "", "not_checkable", "no release at hand gives the rate"),
    (MAGNETS, "China", "2024", "tariff", "47", "", "not_checkable", "no release at hand gives the rate"),
]  # fmt: skip


@pytest.mark.parametrize("row", TARIFFS, ids=lambda row: " ".join(row[1:6]))
def test_a_printed_tariff_is_held_against_what_was_assessed(store: Path, row: tuple[str, ...]) -> None:
    commodity, partner, period, metric, value, qualifier, verdict, reason = row
    (found,) = check_claims(
        CheckClaims(
            [
                {
                    "commodity": commodity,
                    "flow": "import",
                    "partner": partner,
                    "period": period,
                    "metric": metric,
                    "value": value,
                    "unit": "%",
                    "qualifier": qualifier,
                }
            ],
            store=store,
        )
    ).rows.to_dicts()
    assert (found["verdict"], reason in found["reason"]) == (verdict, True), found["reason"]
    assert "What was assessed at entry is no rate of a tariff" in found["reason"]


def test_a_tariff_on_exports_is_asked_to_be_one_on_imports(store: Path) -> None:
    row = dict(zip(INPUT, ("",) * len(INPUT), strict=True)) | {
        "commodity": MAGNETS, "flow": "export", "partner": "China", "period": "2025-06", "metric": "tariff",
        "value": "47", "unit": "%",
    }  # fmt: skip
    (found,) = check_claims(CheckClaims([row], store=store)).rows.to_dicts()
    assert found["verdict"] == "not_checkable"
    assert "write import" in found["reason"]


def test_a_rate_is_traced_to_the_records_of_duty_and_imports(store: Path) -> None:
    """The records of the answer are numbered from 1 below its names; China's June is one of both."""
    snapshot = open_published(store)
    point = Point("import", MAGNETS, "CHN", "value_usd_duty", 2025 * 12 + 5)
    trace = Tracer(snapshot, "import").trace(point, "of_consumption_pct")
    assert (trace.value, trace.agrees) == (47.0, True)
    assert [operand.value for operand in trace.operands] == [470.0, 1_000.0]
    records = [{record for number in operand.numbers for record in number.records} for operand in trace.operands]
    months, countries, goods = len(MONTHS), len(RATES), 2
    assert records == [{(months - 1) * countries * goods + 1}] * 2
    assert [number.reported for operand in trace.operands for number in operand.numbers] == [470, 1000]


# The sums of all imports that the archives of 18 months print, as a public project measured them
# (PolicyEngine/microcosm, docs/evidence/us-import-entry-margins); below, nine are compared with its files.
TOTALS = {
    # consumption, of it dutiable, duty, charges, general imports, charges of these; in dollars
    "2025-01": (321_908_039_017, 88_389_514_555, 7_133_693_804, 8_174_477_982, 318_003_842_734, 8_053_141_821),
    "2025-02": (292_030_360_397, 82_379_964_156, 6_807_216_123, 7_198_634_196, 287_814_545_079, 7_190_446_758),
    "2025-03": (340_669_490_994, 93_637_719_693, 12_667_399_660, 8_029_560_179, 342_286_039_266, 7_936_066_487),
    "2025-04": (273_424_981_749, 105_850_714_722, 19_639_110_004, 7_576_656_720, 275_682_981_022, 7_600_550_904),
    "2025-05": (272_740_608_068, 123_246_729_135, 24_709_786_463, 7_212_759_740, 275_790_909_354, 7_314_231_103),
    "2025-06": (259_200_840_060, 127_292_818_209, 24_074_060_616, 7_133_641_358, 265_407_066_272, 7_199_881_615),
    "2025-07": (289_827_628_706, 133_484_564_409, 27_547_361_213, 8_210_232_757, 292_132_769_362, 8_294_492_112),
    "2025-08": (256_328_013_145, 118_185_063_690, 26_885_066_083, 7_852_179_986, 262_590_251_777, 7_849_726_381),
    "2025-09": (275_544_194_992, 117_253_636_170, 29_025_829_343, 7_282_412_736, 276_807_396_462, 7_350_561_710),
    "2025-10": (274_471_414_950, 117_430_442_833, 29_741_969_480, 7_288_394_984, 274_999_254_117, 7_335_876_790),
    "2025-11": (257_383_725_152, 105_338_575_371, 25_198_445_672, 6_728_870_925, 261_024_766_980, 6_805_089_909),
    "2025-12": (277_691_724_324, 113_762_497_509, 25_936_632_325, 7_661_539_061, 281_970_770_389, 7_747_476_724),
    "2026-01": (259_411_163_370, 107_499_028_366, 25_608_147_782, 7_818_927_785, 260_537_130_320, 7_878_796_072),
    "2026-02": (250_562_806_403, 101_440_067_995, 21_240_154_244, 7_043_933_438, 253_555_338_428, 7_129_965_335),
    "2026-03": (299_166_410_274, 123_925_657_161, 20_488_595_157, 7_751_492_802, 302_285_628_185, 7_917_067_540),
    "2026-04": (299_710_324_247, 124_528_926_018, 20_198_648_764, 8_097_383_589, 300_455_484_603, 8_238_123_792),
    "2026-05": (305_185_726_019, 129_109_852_808, 21_029_537_399, 8_244_750_863, 311_856_112_671, 8_497_941_299),
    "2026-06": (312_484_323_572, 135_984_130_323, 21_290_948_706, 8_293_136_025, 317_408_003_903, 8_481_168_402),
}


def all_imports(month: str) -> bytes:
    """An archive of one record, which has the sums of a month."""
    consumption, dutiable, duty, charges, general, general_charges = TOTALS[month]
    row = Row(value=general, charges=general_charges, consumption=consumption, dutiable=dutiable,
              duty=duty, consumption_charges=charges, quantity=0)  # fmt: skip
    return packed(members([row], month, {row.code: ("X", "")}))


@pytest.mark.parametrize("month", TOTALS)
def test_the_sums_of_eighteen_months_are_read_with_every_digit(month: str) -> None:
    rows = SOURCES["us_census_bulk"].parse(all_imports(month), f"IMDB{month[2:4]}{month[5:]}.ZIP").reported
    found = {row["currency"]: int(row["value"]) for row in rows.iter_rows(named=True)}
    consumption, dutiable, duty, charges, general, general_charges = TOTALS[month]
    assert found == {
        "USD": general, "USD CIF": general + general_charges, "USD consumption": consumption,
        "USD consumption CIF": consumption + charges, "USD dutiable": dutiable, "USD duty": duty,
    }  # fmt: skip


def test_what_importers_paid_in_september_2025_is_said_to_be_assessed_and_owed_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """29,025,829,343 of 275,544,194,992 dollars are 10.53 %."""
    monkeypatch.setenv("TIDEWAITER_EXPERIMENTAL", "us_census_bulk")
    publish(tmp_path, "USA", "IMDB2509.ZIP", all_imports("2025-09"), "us_census_bulk", released_on=date(2025, 11, 20))
    store = tmp_path / "store" / "reporter=USA"
    (answered,) = duties(Duties(MAGNETS, month="2025-09", store=store)).rows.to_dicts()
    assert [answered[name] for name in ("consumption_usd", "dutiable_usd", "duty_usd")] == [*TOTALS["2025-09"][:3]]
    assert answered["rate_pct"] == pytest.approx(10.534_001_394_5)
    row = {"commodity": MAGNETS, "flow": "import", "partner": "China", "period": "September 2025",
           "metric": "importers paid", "value": "10.5", "unit": "%", "qualifier": ""}  # fmt: skip
    (found,) = check_claims(CheckClaims([row], store=store)).rows.to_dicts()
    assert found["verdict"] == "supported", found["reason"]
    assert "10.53 %, 29,025.829 million USD of duty on 275,544 million USD" in found["reason"]
    assert "assessed at entry" in found["reason"]
    assert "Of 2025-09: the duties assessed have tariffs under IEEPA in them" in found["reason"]
    assert "owed back" in found["reason"]


@pytest.mark.shared
def test_the_sums_are_those_of_each_member_of_the_archives_at_hand(shared_data: Path) -> None:
    """Each member has the sums of the detail, and the project that added them up found no difference in any row."""
    names = ("con_val_mo", "dut_val_mo", "cal_dut_mo", "con_cha_mo", "gen_val_mo", "gen_cha_mo")
    files = sorted((shared_data / "us_census_bulk_real").glob("control_totals_*.json"))
    assert [file.stem[-7:] for file in files] == [*TOTALS][:9]
    for file in files:
        axes = json.loads(file.read_text())["axes"]
        assert len(axes) == 3
        for axis in axes.values():
            measures = [axis["measures"][name] for name in names]
            assert tuple(one["published_total"] for one in measures) == TOTALS[file.stem[-7:]]
            assert all(one["detail_total"] == one["published_total"] for one in measures)
            assert {one["cells_matched"] for one in measures} == {axis["control_rows"]}
