"""What is said of each kind of problem, in Chinese and English: what is wrong, and what to do."""

import locale
import os
from collections.abc import Mapping

from services.command.community.tree import Problem

LANGUAGES = ("zh", "en")

_TEXTS: Mapping[str, tuple[str, str]] = {
    # the file as such
    "encoding": (
        "文件不是 UTF-8（第 {byte} 字节）：请另存为 UTF-8（表格软件中选“CSV UTF-8”）",
        "the file is not UTF-8 (byte {byte}): save it as UTF-8 (in a spreadsheet: CSV UTF-8)",
    ),
    "character": (
        "有不可见的控制字符 {code}：请删除",
        "there is an invisible control character, {code}: remove it",
    ),
    "nothing": ("文件是空的：请从 `linli: 1` 开始写", "the file is empty: begin it with `linli: 1`"),
    "unreadable": ("无法读取：{said}", "it cannot be read: {said}"),
    "no-head": (
        "文件夹里没有 community.yaml：其中要有 linli 和 time_zone，其余内容可以是 CSV",
        "the folder has no community.yaml: it holds linli and time_zone, the rest may be CSV",
    ),
    "unknown-table": (
        "“{name}” 不是任何部分的名称：请改名为 {known} 之一，或移出文件夹",
        "{name} is no section: rename it to one of {known}, or take it out of the folder",
    ),
    "table-unread": (
        "“{name}” 不会被读取：请另存为 CSV（UTF-8），名称为 {wanted}",
        "{name} is not read: save it as CSV (UTF-8) by the name {wanted}",
    ),
    "section-twice": (
        "“{name}” 在 community.yaml 里已经有了：两处只保留一处",
        "{name} is in community.yaml, too: keep one of the two",
    ),
    # YAML
    "yaml-unreadable": ("不是合格的 YAML：{said}", "this is no YAML: {said}"),
    "yaml-colon": (
        "这里缺少“: ”：请写 `键: 值`，并检查上一行是否已结束",
        "`: ` is missing: write `key: value`, and see that the line before is complete",
    ),
    "yaml-value": (
        "这里不能有“: ”：含冒号的文字要加引号；键要和同级的键对齐",
        "`: ` cannot stand here: put text with a colon in quotes, and begin keys of one level in one column",
    ),
    "yaml-brace": (
        "{{ }} 不完整，或其中的文字含有 : , [ ] {{ }}：请补上括号，这样的文字要加引号",
        "the {{ }} is not complete, or a text in it has : , or a bracket: close it, or quote the text",
    ),
    "yaml-bracket": (
        "[ ] 不完整，或其中的文字含有 : , [ ] {{ }}：请补上括号，这样的文字要加引号",
        "the [ ] is not complete, or a text in it has : , or a bracket: close it, or quote the text",
    ),
    "yaml-indent": (
        "缩进不对：同一级的行要从同一列开始",
        "this is not indented as the lines before: begin lines of one level in one column",
    ),
    "yaml-node": (
        "这里缺少内容，或括号前后多了逗号",
        "a value is missing here, or a comma is too many: fill it in, or remove the comma",
    ),
    "yaml-end": (
        "引号没有结束：请补上",
        "a quote is never closed: close it",
    ),
    "yaml-start": (
        "文字不能以这个字符开头：请加引号",
        "a text cannot begin with this character: put it in quotes",
    ),
    "yaml-tab": ("缩进里有制表符：请改用空格", "a tab indents this line: use blanks"),
    "yaml-documents": (
        "文件里有第二个文档（---）：一个文件只写一个社区",
        "a second document (---) begins here: a file holds one community",
    ),
    "yaml-tag": ("不接受标签 {tag}：请删除", "the tag {tag} is not accepted: remove it"),
    "yaml-deep": ("嵌套超过 {most} 层：请检查括号", "nested deeper than {most} levels: look at the brackets"),
    "yaml-alias": (
        "*{name} 引用的内容不存在，或引用了自身：请先写 &{name}",
        "*{name} names nothing that stands before it, or itself: write &{name} before it",
    ),
    "yaml-bomb": (
        "引用（*）展开后超过 {most:,} 项：请直接写出内容",
        "with its aliases (*) written out the file has more than {most:,} entries: write them out",
    ),
    "yaml-key": ("键必须是一个词：请改成 `键: 值`", "a key must be a word: write `key: value`"),
    "yaml-merge": (
        "不支持合并键 <<：请用 *名称 引用整个值",
        "merge keys (<<) are not supported: let an alias stand for a whole value",
    ),
    "yaml-yes": (
        "没有引号的 {value} 会被当成“是/否”：如果是文字，请写 '{value}'",
        "{value} without quotes means true or false to some readers of YAML: write '{value}' if it is a word",
    ),
    "yaml-number": (
        "没有引号的 {value} 会被当成数字：请写 '{value}'",
        "{value} without quotes is a number to readers of YAML: write '{value}'",
    ),
    "key-twice": (
        "“{key}” 写了两次（第 {line} 行已有）：只保留一次",
        "{key} is given twice (before in line {line}): keep one",
    ),
    # CSV
    "csv-empty": ("表格是空的：第一行要有列名", "the table is empty: its first line names the columns"),
    "csv-header": (
        "这一列没有列名：请补上或删除这一列",
        "this column has no name: give it one, or remove it",
    ),
    "csv-cells": (
        "这一行有 {has} 格，应有 {wanted} 格：含逗号的内容要加双引号",
        "this row has {has} cells instead of {wanted}: put text with a comma in double quotes",
    ),
    "csv-quote": (
        "双引号的位置不对：整格加双引号，里面的双引号写两个",
        "a double quote is out of place: put quotes around the whole cell, and write those in it twice",
    ),
    "csv-quote-open": ("双引号没有结束：请补上", "these double quotes are never closed: close them"),
    "csv-yaml": (
        "格内的 [ ] 或 {{ }} 不完整（第 {column} 个字符）：请检查括号和引号",
        "the [ ] or {{ }} in this cell is not complete (character {column}): look at brackets and quotes",
    ),
    # what the model wants
    "wants-fields": ("这里要写若干 `键: 值`（{fields}）", "this must be `key: value` lines ({fields})"),
    "wants-fields-column": (
        "列 {column} 写的是几个部分：请把列名改成 {columns}",
        "{column} has parts of its own: call the column {columns}",
    ),
    "wants-fields-item": (
        "每一项要写成 [{{键: 值}}]（{fields}）：请加括号",
        "each entry is `key: value` pairs ({fields}): write the cell as [{{...}}, {{...}}]",
    ),
    "key-of-comma": (
        "没有 “{key}” 这个键：含逗号的文字要加引号",
        "there is no key {key}: put text with a comma in quotes",
    ),
    "wants-list": (
        "这里要写列表：每项一行，以 `- ` 开头",
        "this must be a list: each entry on a line with `- `",
    ),
    "wants-text": ("这里要写文字，不是列表或键值", "this must be a text, not a list or keys"),
    "wants-true": (
        "“{value}” 不是 true 或 false：请写其中之一",
        "{value} is neither true nor false: write one of them",
    ),
    "wants-whole": (
        "“{value}” 不是整数：只写数字，不带前导零、小数或指数",
        "{value} is no whole number: write digits alone, without leading zeros, a fraction or an exponent",
    ),
    "wants-number": ("“{value}” 不是数字：请写成 30.25 这样", "{value} is no number: write it as 30.25"),
    "missing": ("缺少 {field}：请补上", "{field} is missing: add it"),
    "empty": ("没有内容：请填写或删除这一项", "nothing is given here: fill it in, or remove it"),
    "reserved": (
        "“{key}” 留给以后的版本：现在请删除",
        "{key} is reserved for a later release: leave it out for now",
    ),
    "unknown-key": ("没有 “{key}” 这个键：可用 {known}", "there is no key {key}: there are {known}"),
    "unknown-key-close": (
        "没有 “{key}” 这个键：是否想写 {close}？",
        "there is no key {key}: did you mean {close}?",
    ),
    "unknown-value": ("“{value}” 不在可选值之中：可用 {known}", "{value} is none of {known}"),
    "unknown-value-close": (
        "“{value}” 不在可选值之中：是否想写 {close}？可用 {known}",
        "{value} is none of {known}: did you mean {close}?",
    ),
    "too-long": (
        "有 {has} 个字符，最多 {most} 个：请缩短",
        "it has {has} characters, at most {most} are allowed: shorten it",
    ),
    "too-many": (
        "列表太长：从这里起多于 {most} 项",
        "the list is too long: more than {most} entries from here on",
    ),
    "beyond": ("{value} 不在 {least} 到 {most} 之间", "{value} is not between {least} and {most}: change it"),
    "pattern": (
        "“{value}” 的写法不对：应符合 {pattern}",
        "{value} has another shape than {pattern}: change it",
    ),
    "pattern-code": (
        "“{value}” 的写法不对：只用小写字母、数字和 -，以字母或数字开头",
        "{value} is no code: use lower case letters, digits and `-`, and begin with a letter or digit",
    ),
    "pattern-id": (
        "“{value}” 不能作编号：只用小写字母、数字和 . _ -，以字母或数字开头",
        "{value} is no id: use lower case letters, digits and . _ -, and begin with a letter or digit",
    ),
    "url": (
        "“{value}” 不是网址：请以 https:// 开头，不含空格",
        "{value} is no web address: begin it with https://, without blanks",
    ),
    "currency": (
        "“{value}” 不是币种：请写三个大写字母，如 CNY",
        "{value} is no currency: write three capital letters, such as EUR",
    ),
    "language": (
        "“{value}” 不是语言代码：请写 zh、en、de 这样的代码",
        "{value} is no code of a language: write one such as zh, en or de",
    ),
    "limit": (
        "“{value}” 不是时限：请写成 5 working days、4 working hours、36 hours 或 7 days",
        "{value} is no limit: write it as 5 working days, 4 working hours, 36 hours or 7 days",
    ),
    "limit-range": ("“{value}” 太长：最多 10000", "{value} is too long: at most 10000"),
    "day": (
        "“{value}” 不是日期：请写成 2026-10-01，并确认有这一天",
        "{value} is no date: write it as 2026-10-01, and see that there is such a day",
    ),
    "moment": (
        "“{value}” 不是日期或时刻：请写成 2026-10-01 或 2026-10-01T08:00:00+08:00",
        "{value} is no date or moment: write it as 2026-10-01 or 2026-10-01T08:00:00+08:00",
    ),
    "hours": (
        "“{value}” 不是时间段：请写成 09:00-12:00 13:30-17:00",
        "{value} are no hours: write them as 09:00-12:00 13:30-17:00",
    ),
    "hours-order": (
        "“{value}” 的时间段先后不对或重叠：请按先后写，跨午夜的分成两天",
        "{value} are out of order or overlap: put them in order, and split hours past midnight over two days",
    ),
    "zone": (
        "“{value}” 不是时区：请写 IANA 名称，如 Asia/Shanghai",
        "{value} is no time zone: write an IANA name, such as Asia/Shanghai",
    ),
    # one thing and another
    "id-twice": (
        "“{name}” 已经有了（{file} 第 {line} 行）：每个编号只用一次",
        "{name} is there already ({file}, line {line}): give each an id of its own",
    ),
    "unknown-name": (
        "没有 “{name}”（{section}）：请先写在 {section} 里",
        "there is no {name} in {section}: add it there",
    ),
    "unknown-name-close": (
        "没有 “{name}”（{section}）：是否想写 {close}？",
        "there is no {name} in {section}: did you mean {close}?",
    ),
    "name-missing": ("没有名称：请写 zh 或 en，或两者都写", "it has no name: give zh, en or both"),
    "name-twice": (
        "同一上级之下已有叫 “{name}” 的区域（{file} 第 {line} 行）：请换一个名称",
        "{name} is the name of another area of this parent ({file}, line {line}): call one differently",
    ),
    "cycle": (
        "“{name}” 在自己之下（{path}）：请改 parent",
        "{name} lies below itself ({path}): change a parent",
    ),
    "affairs-deep": ("事项超过 {most} 级：请提高一级", "affairs go deeper than {most} levels: move it up"),
    "retired-used": (
        "事项 “{name}” 已停用：请删除这一项，或不再停用它",
        "the affair {name} is retired: remove this, or do not retire it",
    ),
    "retired-parts": (
        "“{name}” 停用了，它之下的 “{part}” 还在用：请一并停用",
        "{name} is retired while {part} below it is in use: retire that, too",
    ),
    "level": (
        "{level} 不能在 {above} 之下：上级的层级必须更高",
        "a {level} cannot lie below a {above}: the level above must be a higher one",
    ),
    "since-missing": (
        "没有起始日期：请写 valid_from（这里，或写在文件开头）",
        "it does not say since when: add valid_from (here, or at the top of the file)",
    ),
    "period": (
        "结束（{until}）不晚于开始（{since}）：请检查日期",
        "it ends ({until}) not later than it begins ({since}): look at the dates",
    ),
    "helper-itself": (
        "{body} 是负责的机构，不能同时是自己的协助机构：请删除",
        "{body} answers itself, and is no helper of its own: remove it",
    ),
    "overlap": (
        "同一事项、同一区域的责任与第 {line} 行（{file}）时间重叠：请为其中一个写 valid_until",
        "this overlaps with line {line} of {file}, for the same affair and area: end one with valid_until",
    ),
    "commitment-twice": (
        "同一事项、同一区域已有承诺（{file} 第 {line} 行）：只保留一个",
        "there is a commitment for this affair and area already ({file}, line {line}): keep one",
    ),
    "commitment-empty": (
        "没有任何时限：至少写 first_response 或 resolution",
        "nothing is promised: give first_response or resolution",
    ),
    "limits": (
        "{field} 比它应当在其内的时限更长：请检查先后",
        "{field} is longer than the limit that it must lie within: look at their order",
    ),
    "limit-long": (
        "{field} 超过 {days} 天，多半是笔误：请缩短",
        "{field} is longer than {days} days, probably a slip: shorten it",
    ),
    "limit-reach": (
        "按这个日历，{field} 超过五十年也到不了：请检查工作时间",
        "by this calendar {field} would take more than fifty years: look at its working time",
    ),
    "code-twice": (
        "代码 “{code}” 写了两次：每个代码只用一次",
        "the code {code} is given twice: use each once",
    ),
    "escalation-moment": (
        "每一级只写 percent（从 100 起）或 after 之一",
        "a level has exactly one of percent (from 100) and after: give one",
    ),
    "escalation-order": (
        "督办各级要一级比一级晚，区域一级比一级高：请调整次序",
        "each level must come later than the one before, and in no lower area: put them in order",
    ),
    "week-empty": ("一周没有工作时间：至少写一天", "the week has no working time: give one day at least"),
    "date-twice": ("{day} 写了两次：只保留一次", "{day} is given twice: keep one"),
    "known-until": (
        "{day} 在 known_until（{until}）之后：请把 known_until 改晚",
        "{day} is after known_until ({until}): make that later",
    ),
    "ages": ("minimum_age 大于 maximum_age：请对调", "minimum_age is above maximum_age: swap them"),
    "cost-free": (
        "免费（free: true）却有价格：请删除其中之一",
        "it is free and has a price: remove free or amount_minor",
    ),
    "cost-currency": (
        "有价格，没有币种：请写 currency",
        "it has a price without a currency: add currency, such as EUR",
    ),
    "coordinates": (
        "latitude 和 longitude 要么都写，要么都不写",
        "give latitude and longitude both, or neither",
    ),
    # buildings and households
    "unit-blank": ("“{unit}” 里没有数字或字母：请写房号", "nothing of {unit} is a number: write the unit"),
    "unit-twice": (
        "“{unit}” 与前面的房号是同一套住房：只保留一个",
        "{unit} is a dwelling that stands before it: keep one",
    ),
    "unit-unknown": (
        "楼栋 {name} 没有 “{unit}”：请加到它的 units",
        "{name} has no {unit}: add it to the units of the building",
    ),
    "address-twice": (
        "这个地址已有楼栋（{file} 第 {line} 行）：同一地址只写一栋",
        "a building has this address ({file}, line {line}): keep one",
    ),
    "fact-value": ("这个值不符合要求（{said}）", "this is no such value ({said})"),
    "not-yet": ("这个时间还没有到：请写过去的时间", "this moment has not come yet: give one that has passed"),
    "since-early": (
        "早于楼栋 {name} 的 stands_from：请改一处",
        "it is before {name} stands (stands_from): mend one",
    ),
    "grant-unbounded": (
        "角色没有范围：请写 area、body 或两者",
        "the role has no bounds: give an area, a body or both",
    ),
    "grant-twice": ("同一角色写了两次：只保留一个", "the same role is given twice: keep one"),
    "rule": ("不符合接口的要求（{wanted}）：请修改", "the platform does not take this ({wanted}): change it"),
    # boundaries
    "boundary-file": (
        "边界文件 {name} 无法读取：{said}",
        "the file of boundaries {name} cannot be read: {said}",
    ),
    "boundary-crs": (
        "{name} 的坐标系是 {crs}：请另存为 WGS 84（EPSG:4326）",
        "{name} is in the coordinate system {crs}: save it in WGS 84 (EPSG:4326)",
    ),
    "boundary-outside": (
        "{name} 不在这个文件夹里：边界文件要放在旁边",
        "{name} is not beside this file: put the file of boundaries into the same folder",
    ),
    "boundary-property": (
        "第 {number} 个要素没有属性 {property}：它有 {known}",
        "feature {number} has no property {property}: it has {known}",
    ),
    "boundary-nobody": (
        "第 {number} 个要素的 “{name}” 不是任何区域：请加到 areas，或检查 prefix",
        "feature {number} is of {name}, which is no area: add it to areas, or look at prefix",
    ),
    "boundary-twice": ("区域 {name} 有两个边界：只保留一个", "the area {name} has two boundaries: keep one"),
    "boundary-unusable": (
        "区域 {name} 的边界不能用：{said}",
        "the boundary of {name} cannot be used: {said}",
    ),
    "boundary-beyond": (
        "请改边界：{name} 超出 {above} 约 {metres:,} 平方米（{longitude:.5f}, {latitude:.5f} 附近）",
        "{name} reaches {metres:,} m² beyond {above}, near {longitude:.5f}, {latitude:.5f}: mend one",
    ),
}


def said(problem: Problem, language: str) -> str:
    """A problem in a sentence, in `zh` or `en`, after the spot where it is."""
    text = _TEXTS[problem.kind][LANGUAGES.index(language)]
    return f"{problem.spot}: {text.format_map(problem.about)}"


def language_of_locale() -> str:
    """`zh` where the terminal speaks Chinese, else `en`."""
    set_by = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    speaks = next((each for each in set_by if each), locale.getlocale()[0] or "")
    return "zh" if speaks.lower().startswith("zh") else "en"
