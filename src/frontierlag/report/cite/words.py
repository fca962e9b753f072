"""An estimate as a sentence that can stand alone, in English and in Chinese; and as tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from frontierlag.dates import WORDS, WORDS_ZH
from frontierlag.intervals import OUTER
from frontierlag.names import AT_RELEASE, CURRENT, MAXIMUM, MINIMUM, REALIZED, TREND, WINDOW
from frontierlag.report.cite.estimate import Estimate, Source
from frontierlag.results.last_day import ARTICLE, sentence, sentence_chinese, sides, spikes
from frontierlag.words import AT_LEAST, STAMP, joined_span, share

UNCONVERGED_ZH = "未收敛"

_CHINESE = {
    "USA": "美国", "China": "中国", "UK": "英国", "France": "法国", "Germany": "德国",
    "Canada": "加拿大", "Israel": "以色列", "Japan": "日本", "India": "印度",
    "South Korea": "韩国", "Singapore": "新加坡", "Russia": "俄罗斯", "UAE": "阿联酋",
    "open": "开放权重模型", "closed": "封闭权重模型",
}  # fmt: skip
_FITTED_ZH = {"benchmark results": "基准测试结果", "joint draws": "联合抽样"}
_KIND_ZH = {"equal-tailed": "等尾"}
_LAG = {REALIZED: "realized lag", TREND: "trend lag", AT_RELEASE: "lag at release"}
_LAG_ZH = {REALIZED: "实际滞后", TREND: "趋势滞后", AT_RELEASE: "发布时滞后"}
_SUBJECT = {
    REALIZED: "the best available AI model {follower}",
    TREND: "the frontier trend {follower}",
    AT_RELEASE: "the best available AI model {follower}, on the days it sets a record,",
}
_SUBJECT_ZH = {
    REALIZED: "{follower}可用的最强 AI 模型",
    TREND: "{follower}的前沿趋势",
    AT_RELEASE: "在刷新自身纪录之日，{follower}可用的最强 AI 模型",
}


def estimand(e: Estimate) -> str:
    """What the number is, as in ``mean realized lag, 2023-06-24 to 2026-08-11``."""
    s, name = e.source, _LAG[e.lag]
    return {
        WINDOW: f"mean {name}, {s.since} to {s.as_of}",
        CURRENT: f"{name} on {s.as_of}",
        MINIMUM: f"smallest {name}, {s.since} to {s.as_of}",
        MAXIMUM: f"largest {name}, {s.since} to {s.as_of}",
    }.get(e.period, f"mean {name}, {' to '.join(days(e))}")


def days(e: Estimate) -> tuple[str, str]:
    """First and last day that an estimate speaks for: of a year, those inside the window."""
    s = e.source
    if e.period == CURRENT:
        return s.as_of, s.as_of
    if e.period.isdecimal():
        return max(f"{e.period}-01-01", s.since), min(f"{e.period}-12-31", s.as_of)
    return s.since, s.as_of


def english(e: Estimate) -> str:
    """One sentence with number, interval, its kind and level, estimand, model and data."""
    s = e.source
    if e.day is not None:  # releases with their probabilities, and no interval
        said = sentence(e.day, *sides(s.column, s.leader, s.follower), s.as_of)
        about = f"(realized lag; model {e.model}; data {_data(s)})"
        return f"{'; '.join([f'{said[0].upper()}{said[1:]} {about}', *_stamped(e)])}."
    leader, follower = (_whose(e, name) for name in (s.leader, s.follower))
    subject = _SUBJECT[e.lag].format(follower=follower)
    when = {
        CURRENT: f"on {s.as_of}",
        MINIMUM: f"at the smallest between {s.since} and {s.as_of}",
        MAXIMUM: f"at the largest between {s.since} and {s.as_of}",
    }.get(e.period, f"on average from {' to '.join(days(e))}")
    if e.defined:
        bound = AT_LEAST if e.at_least else ""
        said = (
            f"trails that {leader} by {bound}{e.figure(e.median)} months {when} "
            f"(posterior median; {_interval(e)}"
        )
    else:
        said = f"has no lag behind that {leader} {when} that the model can estimate ("
    about = f"{_LAG[e.lag]}; model {e.model}; data {_data(s)}; {WORDS[s.dates]})"
    text = "; ".join([f"{subject} {said}{about}", *_caveats(e)])
    return text[0].upper() + text[1:] + "."


def _interval(e: Estimate) -> str:
    """The interval with what it is; nothing where it has no width, as a caveat says."""
    if e.one_value:
        return ""
    low, high = e.figure(e.lower), e.figure(e.upper)
    span = f"{low} months throughout" if low == high else f"{low} to {high} months"
    return f"{OUTER:.0%} {e.source.interval_kind} interval {span}; "


def _interval_zh(e: Estimate) -> str:
    if e.one_value:
        return ""
    low, high = e.figure(e.lower), e.figure(e.upper)
    span = f"均为 {low}" if low == high else f"为 {low} 至 {high}"
    kind = _KIND_ZH.get(e.source.interval_kind, e.source.interval_kind)
    return f"{OUTER:.0%} {kind}区间{span} 个月；"


def chinese(e: Estimate) -> str:
    """The same sentence in Chinese."""
    s = e.source
    leader, follower = (_CHINESE.get(name, name) for name in (s.leader, s.follower))
    subject = _SUBJECT_ZH[e.lag].format(follower=follower)
    about = f"{_LAG_ZH[e.lag]}（{_LAG[e.lag]}）；模型 {e.model}；数据 {_data_zh(s)}"
    if e.day is not None:
        text = f"{subject}{sentence_chinese(e.day, leader, follower, s.as_of)}（{about}）"
        return f"{'；'.join([text, *_stamped_zh(e)])}。"
    first, last = days(e)
    when = {
        CURRENT: f"在 {s.as_of} 当日",
        MINIMUM: f"在 {s.since} 至 {s.as_of} 期间差距最小时",
        MAXIMUM: f"在 {s.since} 至 {s.as_of} 期间差距最大时",
    }.get(e.period, f"在 {first} 至 {last} 期间平均")
    if e.defined:
        bound = "至少" if e.at_least else ""
        said = f"{when}落后{leader}{bound} {e.figure(e.median)} 个月（后验中位数；{_interval_zh(e)}"
    else:
        said = f"{when}相对{leader}的滞后无法由模型给出（"
    said += f"{about}；{WORDS_ZH[s.dates]}）"
    return "；".join([f"{subject}{said}", *_caveats_zh(e, leader)]) + "。"


# Head of a column with the share of days on which a realized lag is only a bound, or a trend lag is
# read outside the data.
MARKED = "bound or extrapolated"


def share_of(e: Estimate) -> str:
    """How much of an estimate is a bound only, for the cell of a table."""
    return share(e.censored)


def interval_of(e: Estimate) -> str:
    """The interval for the cell of a table; of one day, its few values with their probabilities."""
    if e.day is not None:
        return f"probabilities: {spikes(e.day)}"
    return joined_span(e.figure(e.lower), e.figure(e.upper)) if e.defined else "undefined"


def undefined_share(e: Estimate) -> str:
    """In how many draws there is no lag, for the cell of a table."""
    return share(e.undefined, none="none")


def _caveats(e: Estimate) -> list[str]:
    bound = (
        "the lag is read outside the data" if e.lag == TREND else "the lag is only a lower bound"
    )
    unit = _counted(e)
    found = []
    if e.censored > 0:
        where = "in" if unit == "draws" else "on"
        found.append(f"{where} {share(e.censored)} of the {unit} {bound}")
    if e.undefined > 0:
        found.append(f"in {share(e.undefined)} of the draws there is no lag")
    if e.one_value:
        found.append(
            f"at least {OUTER:.0%} of the draws agree to the day, with release dates taken as exact"
        )
    if e.defined and e.lower < 0:
        found.append("a negative lag means being ahead")
    return [*found, *_stamped(e)]


def _stamped(e: Estimate) -> list[str]:
    return [] if e.converged else [f"{STAMP}: this fit missed the convergence checks"]


def _caveats_zh(e: Estimate, leader: str) -> list[str]:
    bound = "滞后由数据范围之外的曲线读出" if e.lag == TREND else "滞后仅为下限"
    unit = {"days": "日子里", "records": "纪录上", "draws": "后验抽样中"}[_counted(e)]
    found = []
    if e.censored > 0:
        found.append(f"在{_share_zh(e.censored)} 的{unit}{bound}")
    if e.undefined > 0:
        found.append(f"在{_share_zh(e.undefined)} 的后验抽样中滞后不存在")
    if e.one_value:
        found.append(f"至少 {OUTER:.0%} 的后验抽样给出同一天数（发布日期视为准确）")
    if e.defined and e.lower < 0:
        found.append(f"负值表示已领先{leader}")
    return [*found, *_stamped_zh(e)]


def _stamped_zh(e: Estimate) -> list[str]:
    return [] if e.converged else [f"{UNCONVERGED_ZH}（{STAMP}）：该拟合未通过收敛检查"]


def _counted(e: Estimate) -> str:
    """What ``censored`` is a share of."""
    if e.one_day and e.period != MAXIMUM:
        return "draws"
    return "records" if e.lag == AT_RELEASE else "days"


def _share_zh(value: float) -> str:
    return f" {value:.0%}" if value >= 0.01 else "不到 1%"


def _whose(e: Estimate, name: str) -> str:
    if e.source.column == "weights":
        of = "of models " if e.lag == TREND else ""
        return f"{of}with {name} weights"
    return f"of {ARTICLE.get(name, name)}"


def _data(s: Source) -> str:
    who = "Epoch AI, " if s.of_epoch else ""
    vintage = f", vintage {s.vintage}" if s.vintage else ""
    fitted = f"{s.fitted} behind " if s.fitted else ""
    return f"{who}{fitted}{s.metric}, dataset {s.dataset}{vintage}, as of {s.as_of}"


def _data_zh(s: Source) -> str:
    who = "Epoch AI，" if s.of_epoch else ""
    vintage = f"，数据版本 {s.vintage}" if s.vintage else ""
    words, _, name = s.fitted.rpartition(" ")
    fitted = f"{s.metric} 所依据的{_FITTED_ZH[words]} {name}" if s.fitted else s.metric
    return f"{who}{fitted}，数据集 {s.dataset}{vintage}，截至 {s.as_of}"


def text(estimates: Sequence[Estimate]) -> str:
    """Return each estimate as a sentence in English and one in Chinese, and the credit."""
    sentences = [f"{english(e)}\n\n{chinese(e)}" for e in estimates]
    return "\n\n".join([*sentences, estimates[0].source.attribution])


def markdown(estimates: Sequence[Estimate]) -> str:
    """Return the sentences as paragraphs, a table, and the credit."""
    sentences = [part for e in estimates for part in (_escaped(english(e)), _escaped(chinese(e)))]
    rows = [
        f"| estimand | model | median, months | {OUTER:.0%} interval | {MARKED} | "
        "draws without a lag |",
        "|---|---|---|---|---|---|",
    ]
    for e in estimates:
        bound = AT_LEAST if e.at_least else ""
        median = f"{bound}{e.figure(e.median)}" if e.defined else "undefined"
        outer = interval_of(e)
        model = e.model if e.converged else f"{e.model} ({STAMP})"
        cells = (estimand(e), model, median, outer, share_of(e), undefined_share(e))
        rows.append(f"| {' | '.join(map(_escaped, cells))} |")
    return "\n\n".join([*sentences, "\n".join(rows), _escaped(estimates[0].source.attribution)])


def table(estimates: Sequence[Estimate]) -> pd.DataFrame:
    """Return one row an estimate, with everything that a citation must state, as numbers."""
    rows = []
    for e in estimates:
        first, last = days(e)
        own = {k: v for k, v in asdict(e).items() if k not in ("source", "lower", "upper", "day")}
        rows.append(
            {
                **asdict(e.source),
                "first_day": first,
                "last_day": last,
                **own,
                "unit": "months",
                "lower": e.lower,
                "upper": e.upper,
                "probability": OUTER,
                "at_least": e.at_least,
                "shown": e.figure(e.median) if e.defined else "",
                "shown_lower": e.figure(e.lower) if e.defined and e.day is None else "",
                "shown_upper": e.figure(e.upper) if e.defined and e.day is None else "",
                "shown_values": "" if e.day is None else spikes(e.day),
            }
        )
    return pd.DataFrame(rows)


def _escaped(words: str) -> str:
    """Text that Markdown shows as it stands."""
    return re.sub(r"([\\`*_\[\]<>|#~$])", r"\\\1", one_line(words))


def one_line(text: str) -> str:
    """Text without what is no letter or sign, such as the end of a line."""
    return "".join(character if character.isprintable() else " " for character in text)
