"""The refusals of supervision in Chinese, by code; facts stand in braces."""

MESSAGES = {
    "AFFAIR_UNKNOWN": "监督服务尚无编号为{affair_id}的事项",
    "AREA_DEPTH_MISSING": "请注明各行区域在区域树中的层级：1为最上级",
    "AREA_UNKNOWN": "监督服务尚无编号为{area_id}的区域",
    "BODY_UNKNOWN": "监督服务尚无编号为{body_id}的单位",
    "CASE_NOT_CLOSED": "只能评价已办结的案件，请等待办结；如刚刚办结，请以cases_at_least给出办结时返回的版本",
    "CASE_RATED_ALREADY": "您已评价过该案件，每人只能评价一次",
    "CASE_UNKNOWN": "监督服务尚无该案件；如刚刚受理，请以cases_at_least给出受理时返回的版本",
    "OPENING_MISSING": "尚未收到该案件的受理记录，请在收到后重试",
    "PERIOD_EMPTY": "该时段为空：opened_until_time必须晚于opened_from_time",
    "STARS_OUT_OF_RANGE": "请给出1至5星",
    "WORKS_FOR_THE_BODY": "您属于办理该案件的单位，由其他人评价",
}
