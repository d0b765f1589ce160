"""The gRPC face of identity: one method for each rpc, in the files of their nouns."""

from services.identity.application.app import App
from services.identity.entrypoints.grpc_areas import AreasApi
from services.identity.entrypoints.grpc_clients import ClientsApi
from services.identity.entrypoints.grpc_parties import PartiesApi
from services.identity.entrypoints.grpc_rights import RightsApi


class IdentityApi(AreasApi, PartiesApi, RightsApi, ClientsApi):
    """linli.identity.v1.IdentityService."""

    def __init__(self, app: App) -> None:
        super().__init__(app)


MESSAGES = {
    "zh": {
        "NAME_MISSING": "请填写中文或英文名称",
        "AREA_UNKNOWN": "没有这个区域：{area_id}",
        "AREA_DEFINED_DIFFERENTLY": "区域{area_id}已存在，但上级、级别或名称不同",
        "LEVEL_NOT_BELOW_PARENT": "区域的级别必须低于其上级：市、区、街道、社区、网格",
        "BOUNDARY_UNUSABLE": "边界数据无法使用",
        "PLACE_OUTSIDE_AREAS": "该地点不在任何区域之内",
        "NATURAL_KEY_BLANK": "证件或编号不能为空",
        "NATURAL_KEY_UNFIT": "证件或编号的种类或格式不符",
        "BODY_UNKNOWN": "没有这个单位：{body_id}",
        "BODY_ID_TAKEN": "编号{body_id}已被其他单位使用",
        "PARTY_UNKNOWN": "没有登记此人",
        "GRANT_UNKNOWN": "没有这项授权",
        "GRANTS_TOO_MANY": "此人的授权过多，请改为授予上级区域的角色",
        "LOGIN_NAME_TAKEN": "该登录名已被使用",
        "LOGIN_UNKNOWN": "没有这个登录名",
        "CLIENT_UNKNOWN": "没有这个客户端，或已停用",
        "CLIENT_EXISTS": "该客户端已存在",
        "SCOPES_BEYOND_REACH": "只能授予您自己拥有的权限：{scopes}",
        "SCOPES_UNKNOWN": "没有这些权限：{scopes}",
        "CREDENTIALS_REFUSED": "名称或密码有误",
        "TOO_MANY_ATTEMPTS": "尝试次数过多，请在{retry_after_seconds}秒后再试",
        "SUBJECT_ERASED": "此人的数据已永久删除",
    }
}
"""The refusals in Chinese; English is the message itself."""
