"""Defines the fixed texts of the brief in English and Chinese: headings, labels, reasons. `sentences` writes those
with numbers.
"""

from tasks.domain.measures import MIXED_WORDS
from tasks.domain.units import UNIT_VALUE_OF

EN_NUMBERS = (
    "zero",
    "once",
    "twice",
    "three times",
    "four times",
    "five times",
    "six times",
    "seven times",
    "eight times",
    "nine times",
    "ten times",
)
FIGURES_ZH = {
    "level": "当月",
    "mom_pct": "环比",
    "contribution_mom_pp": "对环比的贡献",
    "yoy_pct": "同比",
    "ytd": "累计",
    "ytd_yoy_pct": "累计同比",
    "share_pct": "占比",
    "rank": "排名",
    "highest_since": "最高自",
    "lowest_since": "最低自",
}
FIGURES_EN = {
    "level": "month",
    "mom_pct": "m/m",
    "contribution_mom_pp": "part of the total's m/m",
    "yoy_pct": "y/y",
    "ytd": "year to date",
    "ytd_yoy_pct": "year to date y/y",
    "share_pct": "share",
    "rank": "rank",
    "highest_since": "highest since",
    "lowest_since": "lowest since",
}
PRICE_UNITS = {ratio: f"{value.removeprefix('value_').upper()}/kg" for value, ratio in UNIT_VALUE_OF.items()}
PRICE_FIGURES_EN = {"level": "unit value", "mom_pct": "unit value m/m", "yoy_pct": "unit value y/y"}
PRICE_FIGURES_ZH = {"level": "单价", "mom_pct": "单价环比", "yoy_pct": "单价同比"}
PRICE_FORMULA_ZH = "当月金额 / 当月数量"
MISSING_ZH = {
    "not_covered": "手头没有任何发布涵盖该数", "other_unit": "贸易量并非全部以此单位计量", "combined_months": "来源将一月和二月合并发布",
    "no_base": "没有可比的基数", "zero_base": "基数为零", "definition_break": "代码、单位、组合或伙伴的口径在所依月份不同", "incomplete_year": "本年内缺少某月", "incomplete_window": "相加的月份（近十二个月或近三个月）中缺少某月",
    "no_world_total": "缺少当月全球合计", "not_applicable": "不适用", "not_extreme": "上月已同样极端", "series_record": "序列内没有更早的同等水平",
}  # fmt: skip
KINDS_ZH = {"changed": "变更", "added": "新增", "removed": "删除", "moved": "伙伴间转移"}
FORMULAS_ZH = {
    "level": "当月数", "mom_pct": "（当月 / 上月 − 1）× 100", "contribution_mom_pp": "（当月 − 上月）/ 上月全球 × 100", "yoy_pct": "（当月 / 上年同月 − 1）× 100", "ytd": "1月至当月累计",
    "ytd_yoy_pct": "（累计 / 上年累计 − 1）× 100", "share_pct": "当月 / 全球当月 × 100", "rank": "比其高的伙伴数加一",
    "highest_since": "此前最近一个不低于当月的月份", "lowest_since": "此前最近一个不高于当月的月份",
}  # fmt: skip
IMPLIED_ZH = "来源所载增速；其基数由增速推得"
# A lapse also covers the end of a suspension, and that of a single paragraph; a suspension may have no last day.
STATES_EN = {
    "not_yet_announced": "not yet announced", "announced": "announced, not yet in force", "in_force": "in force",
    "partly_suspended": "in force, but for paragraph {part}, suspended from {since} to {until}",
    "suspended": "suspended from {since} to {until}", "suspended_open": "suspended on {since}",
    "never_in_force": "never in force, suspended on {since}", "ended": "its term ended on {until}",
    "lapsed_unrecorded": "its term ran out on {until}; what followed is not recorded",
    "lapsed_unrecorded_suspension": "its suspension ran out on {until}; what followed is not recorded",
    "lapsed_unrecorded_paragraph": "the suspension of paragraph {part} ran out on {until}; what followed is not recorded",
    "statement": "statement", "report": "report",
}  # fmt: skip
STATES_ZH = {
    "not_yet_announced": "尚未公布", "announced": "已公布，尚未生效", "in_force": "已生效",
    "partly_suspended": "已生效，其中第{part}款于{since}至{until}暂停",
    "suspended": "{since}至{until}暂停", "suspended_open": "自{since}起暂停",
    "never_in_force": "从未生效，{since}暂停", "ended": "已于{until}期满",
    "lapsed_unrecorded": "期限已于{until}届满，其后情况未见记录",
    "lapsed_unrecorded_suspension": "暂停期已于{until}届满，其后情况未见记录",
    "lapsed_unrecorded_paragraph": "第{part}款的暂停期已于{until}届满，其后情况未见记录",
    "statement": "声明", "report": "报道",
}  # fmt: skip

# Separators: a comma, a semicolon, a colon, a dash, brackets, and the space between a number and its unit.
MARKS_EN = {"comma": ", ", "semicolon": "; ", "colon": ": ", "dash": " — ", "open": " (", "close": ")", "gap": " "}
MARKS_ZH = {"comma": "，", "semicolon": "；", "colon": "：", "dash": "——", "open": "（", "close": "）", "gap": ""}
UNITS_ZH = {"t": "吨", "kg": "千克", "USD": "美元", "CNY": "元"}
TEXTS_EN = {
    **MARKS_EN,
    "brief": "Brief", "headline": "In short", "partners": "By partner", "chart": "Thirty-six months, {unit}", "partner_chart": "The month and the month before, {unit}",
    "value": "Unit value", "revised": "What was revised", "missing": "What is not comparable, and why", "held": "What is held", "sources": "Where each number comes from",
    "events": "Export controls in these months", "partner": "partner", "columns": ["month", "m/m", "of the total's m/m", "y/y", "year to date", "y/y", "share"], "pp": "pp", "recent": "13 months",
    "scales": {"t": "tonnes", "kt": "thousand tonnes", "Mt": "million tonnes"}, "cite": "Source: {citation}.", "revised_since": "Since {day}, when the month before came out.",
    "revised_more": "and {count} more in the table revision", "no_word": "nothing", "measures": {}, "flows": {"export": "exports", "import": "imports"},
    "decisions": {"withdrawn": "Withdrawn on {day} by {by}: {title} ({release}). Reason: {reason}", "reinstated": "Counts again since {day}, by {by}: {title} ({release}). Reason: {reason}"},
    "no_figure": "No figure of this month is left.",
    "held_since": "held since {day}", "decide": "tidewaiter approve {release} or reject", "pale": "Pale: no figure at hand for that month.",
    "states_on": "States of the measures on {day}.",
    "lapsed": "Of {count} of these measures a term has run out and no successor is recorded; whether they apply is not known here.", "mix_how": "half the sum of the moves of the shares of the {count} partners known in both months",
    "release": "release", "more_numbers": "and {count} others (tidewaiter trace lists them)", "record": "record",
    "mix": "The partners' shares moved by {pp:.1f} percentage points from the month before: a change of the unit value may be a change of the mix.",
    "mixed": MIXED_WORDS,
    "implied": "* rests on a base that no source at hand prints; the growth itself is printed.", "state": "state", "snapshot": "snapshot",
    "source_columns": ["figure", "value", "how", "from (as kept), record, file, address"], "again": "computed again, agrees", "world": "All countries",
    "alt_chart": "Bars of the monthly total in {unit} over 36 months to {month}{lines}. Latest: {latest}.", "numbered_lines": "; numbered lines mark export controls",
    "alt_partners": "Bars of each partner in {month} in {unit}; a mark shows the month before. The numbers are in the table above.",
    "unit_notes": {"unit_value_usd_per_kg": "US dollars per kilogram", "unit_value_cny_per_kg": "yuan per kilogram", "unit_value_eur_per_kg": "euros per kilogram",
                   "unit_value_gbp_per_kg": "pounds sterling per kilogram", "unit_value_jpy_per_kg": "yen per kilogram"}, "valuations": {},
    "no_unit_value": "There is no unit value of all countries: {reason}.", "regime": "regime {code}", "province": "province {code}",
}  # fmt: skip
TEXTS_ZH = {
    **MARKS_ZH,
    "brief": "简报", "headline": "要点", "partners": "按贸易伙伴", "chart": "近三十六个月（{unit}）", "partner_chart": "当月与上月（{unit}）", "value": "单价", "revised": "修订",
    "missing": "不可比之处及原因", "held": "待人工确认", "sources": "每个数字的出处", "events": "期间的出口管制", "partner": "伙伴",
    "columns": ["当月", "环比", "对环比贡献", "同比", "累计", "累计同比", "占比"], "pp": "个百分点", "recent": "近13个月",
    "scales": {"t": "吨", "kt": "千吨", "Mt": "百万吨"}, "cite": "来源：{citation}。",
    "revised_since": "自{day}（上月数据公布日）以来。", "revised_more": "其余{count}项见表 revision", "no_word": "无", "flows": {"export": "出口", "import": "进口"},
    "measures": {"quantity_kg": "数量", "value_usd": "美元金额", "value_cny": "人民币金额", "value_eur": "欧元金额", "value_gbp": "英镑金额", "value_jpy": "日元金额", "quantity_kg_yoy": "数量同比"},
    "decisions": {"withdrawn": "{day}由{by}撤回：{title}（{release}）。原因：{reason}", "reinstated": "{day}由{by}恢复：{title}（{release}）。原因：{reason}"},
    "no_figure": "本月已无任何数据。",
    "held_since": "自{day}起待确认", "decide": "tidewaiter approve {release} 或 reject", "pale": "浅色：该月手头没有数据。",
    "states_on": "各项措施的状态截至{day}。", "lapsed": "其中{count}项期限已满而未见后续文件的记录，目前是否适用不详。",
    "mix_how": "两个月均有数据的{count}个伙伴占比变动之和的一半", "release": "发布", "more_numbers": "另有{count}个数（见 tidewaiter trace）", "record": "记录",
    "mix": "各伙伴占比较上月变动{pp:.1f}个百分点：单价变化可能来自结构变化。",
    "mixed": "税则号85051110同时包含受管制和不受管制的磁体，受管制部分的占比未公布。", "implied": "* 所依基数未见于手头来源；增速本身为来源所载。", "state": "状态", "snapshot": "快照",
    "source_columns": ["数字", "数值", "算法", "来源（台账数、记录、文件、地址）"], "again": "复算一致", "world": "全球",
    "alt_chart": "截至{month}的36个月每月合计（{unit}）柱状图{lines}。最新：{latest}。", "numbered_lines": "，编号线为出口管制", "alt_partners": "{month}各伙伴（{unit}）条形图，标记为上月。数字见上表。",
    "unit_notes": {"unit_value_usd_per_kg": "美元/千克", "unit_value_cny_per_kg": "元/千克", "unit_value_eur_per_kg": "欧元/千克", "unit_value_gbp_per_kg": "英镑/千克",
                   "unit_value_jpy_per_kg": "日元/千克"}, "valuations": {"customs value": "海关估价"},
    "no_unit_value": "没有全球单价：{reason}。", "regime": "贸易方式{code}", "province": "注册地{code}",
}  # fmt: skip
