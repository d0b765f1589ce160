"""The refusals of cases in Chinese, by code; facts stand in braces."""

MESSAGES = {
    "AFFAIR_RETIRED": "该事项已不再受理，请从目录中选择其他事项",
    "AFFAIR_UNKNOWN": "没有这个事项，请使用目录中的事项编号",
    "ANONYMOUS_NOT_ALLOWED": "该事项不接受匿名，请提供报告人或联系方式",
    "ANONYMOUS_WITH_NAME": "匿名报告不能填写报告人或联系方式，请二者择一",
    "AREA_UNKNOWN": "没有这个区域，请使用已登记的区域编号",
    "BODY_HAS_CASE": "案件已在该单位，请指定其他单位",
    "BODY_UNKNOWN": "没有这个单位，请使用已登记的单位编号",
    "CASE_EXISTS": "该事项已有案件 {public_id}，请使用该案件",
    "CASE_NOT_FOUND": "没有这个案件，请核对编号",
    "CASE_STATE_FORBIDS": "案件当前状态不允许此操作，请先查看案件",
    "CONTENT_IS_THE_REPORTERS": "内容归报告人所有，请用 EraseSubject 删除该人员的数据",
    "DECIDED_BY_ADJUDICATION": "责任单位已由上级裁定，请受理该案件",
    "EXTERNAL_REFERENCE_NOT_ALLOWED": "只有导入程序和其他系统可以填写外部编号，请留空",
    "LIMIT_OUT_OF_REACH": "按日历{calendar_id}计算，承诺的时限永远不会届满，请重新定义日历或承诺",
    "OUT_OF_ORDER": "案件在此时间之后已有记录，请按时间顺序导入",
    "PLACE_OUTSIDE_AREAS": "该地点不在任何区域内，请指定区域编号",
    "REOPENING_WINDOW_OVER": "案件办结时间过久，不能重新办理，请另行报告",
    "REPORTER_IS_SOMEBODY_ELSE": "只能以本人名义报告，请不要填写报告人",
    "REPORTER_UNKNOWN": "没有登记此报告人，请先登记（如刚刚登记，请稍后再试），或留空并填写联系方式",
}
