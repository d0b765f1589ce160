"""The refusals of volunteers in Chinese, by code; facts stand in braces."""

MESSAGES = {
    "AREA_UNKNOWN": "没有编号为{area_id}的区域，请使用已登记的区域编号",
    "BOOKED_ELSEWHERE": "该志愿者此时段已有其他安排，请先谢绝那一项",
    "HOURS_ALREADY_RECORDED": "该需求的服务时长已记录",
    "NEED_ENDED": "该需求已撤回，不再招募",
    "NEED_FILLED": "该需求人数已满",
    "NEED_NOT_FOUND": "没有这个需求，请核对编号",
    "NOTHING_TO_MATCH": "该区域没有待满足的需求，请先提出需求",
    "OFFER_EXPIRED": "答复时间已过，请联系协调员重新邀请",
    "OFFER_NOT_ACCEPTED": "该志愿者没有接受此需求的邀请",
    "OFFER_NOT_FOUND": "该志愿者没有收到此需求的邀请",
    "PROFILE_INVALID": "资料有误，请检查所指出的字段",
    "PROPOSAL_NOT_FOUND": "没有这个匹配方案，请核对编号",
    "RESIDENT_UNKNOWN": "没有以此编号登记的居民，请先登记（如刚刚登记，请稍后再试）",
    "SHIFT_ENDS_BEFORE_IT_STARTS": "结束时间必须晚于开始时间",
    "SHIFT_IN_THE_PAST": "开始时间必须在将来",
    "SHIFT_NOT_BEGUN": "班次尚未开始，请在开始之后记录时长",
    "VOLUNTEER_ENROLLED": "此人已是志愿者，请改为修改资料",
    "VOLUNTEER_NOT_FOUND": "没有这位志愿者",
}
