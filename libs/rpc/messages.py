"""Refusals in the caller's language: a catalogue of templates by reason."""

from collections.abc import Mapping

from libs.rpc.errors import Failure

Catalogue = Mapping[str, Mapping[str, str]]
"""`{"zh": {"CASE_IS_CLOSED": "案件{case_id}已结案"}}`: templates are filled with the failure's facts."""

OWN: Catalogue = {
    "zh": {
        "INVALID_REQUEST": "请求中的字段不符合要求",
        "REQUEST_UNREADABLE": "无法解析请求内容",
        "REQUEST_TOO_LARGE": "请求内容过大",
        "TOKEN_MISSING": "请先登录",
        "TOKEN_INVALID": "登录凭证无效",
        "TOKEN_EXPIRED": "登录已过期，请重新获取凭证",
        "TOKEN_REVOKED": "登录已被注销，请重新获取凭证",
        "SCOPE_MISSING": "您没有执行此操作的权限",
        "OUT_OF_REACH": "您的权限不包括该区域或单位",
        "AREA_TOO_SMALL": "该网格范围过小，只有可查看其案件的人员才能按网格查看，请改用{shown_path}",
        "NOT_YOURS": "只能对本人执行此操作",
        "NOT_ON_BEHALF": "此操作不能以他人名义进行",
        "CONSENT_UNKNOWN": "没有这项授权同意：{consent_id}",
        "CONSENT_NOT_VALID": "该授权同意现在不允许您以此人名义进行此操作",
        "NOT_BY_DELEGATION": "此操作不能凭委托办理，或您不能凭委托办理",
        "DELEGATION_UNKNOWN": "没有这项委托：{delegation_id}",
        "DELEGATION_NOT_VALID": "该委托现在不允许您代该单位进行此操作",
        "ACCESS_NOT_DECLARED": "此操作未开放",
        "DISCLOSURE_UNATTRIBUTED": "系统未能记录所查阅的是谁的个人信息，因此不予显示",
        "CALLER_GONE": "已无人等待此答复",
        "SERVER_BUSY": "系统繁忙，请稍后再试",
        "TOO_MANY_ATTEMPTS": "尝试次数过多，请在{retry_after_seconds}秒后再试",
        "QUOTA_EXCEEDED": "超出了您的调用配额，请稍后再试",
        "STORE_UNAVAILABLE": "存储暂不可用，请稍后再试",
        "CLOCK_SKEWED": "服务器时钟有误，请稍后再试",
        "EVENT_TYPE_UNKNOWN": "系统正在升级，本次未作任何更改，请稍后再试",
        "HISTORY_CHANGED": "数据来源已从备份恢复，历史不同，请核对后从一致的位置重新读取",
        "SOURCE_CHANGED": "数据来源的历史已变，须由管理员核对；不填该版本可查看先前的内容",
        "INTERNAL": "系统内部错误，编号{error_id}",
        "PAGE_TOKEN_INVALID": "分页标记无效",
        "AS_OF_TIME_AHEAD": "所问时刻尚未到来",
        "TEXTS_HIDDEN": "您无权查看文字内容，因此不能按文字搜索，请将文字留空",
        "TEXT_NOT_SEARCHABLE": "无法按此文字搜索，请输入不太常用的词，或连续两个以上的汉字",
        "FILTER_INVALID": "筛选条件无效",
        "REQUEST_ID_REUSED": "该请求编号已用于其他内容",
        "REVISION_MISMATCH": "内容已被他人更改，请重新查看后再决定",
        "REVISION_MALFORMED": "版本标记无效，请原样使用先前返回的标记",
        "CONCURRENT_CHANGE": "他人正在同时更改，请稍后再试",
        "CONTENDED": "他人正在同时更改，请稍后再试",
        "ID_INVALID": "编号格式不正确",
        "SUBJECT_ERASED": "此人的数据已永久删除",
        "SOURCE_UNKNOWN": "此处没有该事件来源",
        "POSITION_AHEAD": (
            "事件来源只记录到{head}，尚无{after}之后的事件；"
            "来源可能已从旧备份恢复，或位置属于另一单元；请从0重新读取"
        ),
        "FOLLOWER_TOO_SLOW": "读取过慢，已积压超过{kept}个事件；请及时读取，并用resume_token继续",
        "RESUME_TOKEN_INVALID": "resume_token不属于此订阅；请用该订阅最近消息中的标记，或留空重新开始",
        "RESUME_TOKEN_OLD": "中断时间过长，无法从该标记继续；请不带resume_token重新开始",
        "EVENT_TYPE_NOT_PUBLISHED": "该来源不发布{type}事件，请核对类型名称",
        "DISCLOSURES_UNKNOWN": "此处没有该服务的个人信息查阅记录",
        "ACTS_UNKNOWN": "此处没有该服务的代办记录",
        "INBOX_UNKNOWN": "此处没有该服务的收件箱",
        "PARKED_UNKNOWN": "没有编号为{parked_id}的搁置事件，或已处理完毕",
        "PARKED_NOT_FIRST": "同一主体有更早的搁置事件，请先重试{first_id}",
        "RETRY_FAILED": "搁置事件{parked_id}重试失败，仍被搁置：{why}",
        "SOURCE_STILL_READ": (
            "当前版本仍在读取该来源，不能移除；如需重新读取，请用sources reconcile并给出位置0"
        ),
        "NO_REACTION": "当前版本不处理{type}事件，请用能处理它的版本重试，或放弃该事件",
        "ACCESS_NOT_CHECKED": "系统未核对您的权限，操作未执行；请告知管理员",
        "OCCURRED_TIME_NOT_ALLOWED": "只有导入历史数据时才能填写发生时间",
        "OCCURRED_TIME_IN_FUTURE": "发生时间必须已经过去",
        "VIEW_BEHIND": "数据尚未更新到所要求的版本，请稍后再试",
        "OUTCOME_UNKNOWN": "存储中断，结果未知；请用同一请求编号重试，不会重复执行",
        "VALUE_NOT_STORABLE": "请求中有超出范围的数值",
        "DEADLINE_PASSED": "已超过您给出的时限",
        "METHOD_UNKNOWN": "没有这项操作",
        "KEYS_STALE": "系统暂时无法确认登录是否仍有效，仅提供公开内容和上报，请稍后再试",
        "HEALTH_UNKNOWN": "此处没有该服务",
        "KEYS_UNAVAILABLE": "暂时无法核验登录，请稍后再试",
    },
}
"""The plumbing's own texts; English is the message itself."""


class Localizer:
    """Finds the text for a failure in the language that the caller prefers."""

    def __init__(self, catalogue: Catalogue) -> None:
        languages = {*OWN, *catalogue}
        self._texts = {tag: {**OWN.get(tag, {}), **catalogue.get(tag, {})} for tag in languages}

    def localize(self, failure: Failure, accept_language: str) -> tuple[str, str] | None:
        """(locale, text), or None when the caller names no language that we speak."""
        for tag in _preferred(accept_language):
            if tag == "en":
                return tag, failure.message
            template = self._texts.get(tag, {}).get(failure.reason)
            if template is not None:
                return tag, _filled(template, failure.facts)
        return None


def _preferred(accept_language: str) -> list[str]:
    """`zh-CN,zh;q=0.9,en;q=0.8` -> `["zh", "en"]`; weights that do not parse count as nothing."""
    weighed: dict[str, float] = {}
    for part in accept_language[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        language = tag.partition("-")[0].lower()
        try:
            weighed.setdefault(language, float(weight or 1))
        except ValueError:
            continue
    return sorted((tag for tag in weighed if weighed[tag] > 0), key=lambda tag: -weighed[tag])


def _filled(template: str, facts: Mapping[str, str]) -> str:
    """The template with `{fact}` replaced; nothing else of str.format is honoured."""
    text = template
    for name, value in facts.items():
        text = text.replace("{" + name + "}", str(value))
    return text
