"""What a message with a one-time code says, in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.identity.domain.code import CodePurpose
from services.identity.domain.preferences import Language, NoticeChannel


@dataclass(frozen=True, slots=True)
class CodeText:
    """A message: one line, and the rest. Its representation shows nothing of it."""

    title: str
    text: str

    def __repr__(self) -> str:
        """Never shows the code."""
        return "CodeText()"


_FOR: Mapping[CodePurpose, tuple[str, str]] = {
    CodePurpose.SIGN_UP: ("注册", "sign up"),
    CodePurpose.LOG_IN: ("登录", "log in"),
    CodePurpose.RECOVER: ("重置密码", "choose a new password"),
    CodePurpose.CONFIRM: ("确认地址", "confirm this address"),
}
_TITLE = {Language.ZH: "邻里：{what}验证码", Language.EN: "Linli: your code to {what}"}
_LINE = {
    Language.ZH: "邻里：{code}，{what}验证码，10分钟内有效，请勿告知他人",
    Language.EN: "Linli: {code} is your code to {what}. It counts for 10 minutes. Tell it to nobody.",
}
_TEXT = {
    Language.ZH: "{code}是您的{what}验证码，10分钟内有效，只能使用一次。\n\n"
    "请勿将其告知任何人，包括工作人员。如果不是您本人申请，请忽略此消息：没有验证码，他人无法使用您的地址。",
    Language.EN: "{code} is your code to {what}. It counts for 10 minutes, once.\n\n"
    "Tell it to nobody, not even to staff. If you did not ask for it, ignore this message:"
    " without the code nobody can use your address.",
}
_REPLACED = {
    (
        Language.ZH,
        NoticeChannel.SMS,
    ): "邻里：您确认的号码已更换，本号码不能再用于登录。如果不是您本人操作，请尽快联系柜台",
    (Language.ZH, NoticeChannel.EMAIL): "邻里：您确认的邮箱已更换",
    (
        Language.EN,
        NoticeChannel.SMS,
    ): "Linli: another number has replaced this one. You do not log in by it any more."
    " If that was not you, ask at a counter soon.",
    (Language.EN, NoticeChannel.EMAIL): "Linli: another address has replaced this one",
}
_REPLACED_TEXT = {
    Language.ZH: "您确认的地址已更换，此地址不能再用于登录或重置密码。\n\n"
    "如果不是您本人操作，请尽快更改密码，并联系柜台。",
    Language.EN: "Another address has replaced this one: you cannot log in or choose a new password by it any"
    " more.\n\nIf that was not you, change your password and ask at a counter soon.",
}


def code_text(purpose: CodePurpose, digits: str, language: Language, channel: NoticeChannel) -> CodeText:
    """The message; a text message is its title alone, and the title of an e-mail does not show the code."""
    if purpose is CodePurpose.REPLACED:
        return CodeText(_REPLACED[language, channel], _REPLACED_TEXT[language])
    zh, en = _FOR[purpose]
    words = {"what": zh if language is Language.ZH else en, "code": f"{digits[:4]} {digits[4:]}"}
    title = _LINE if channel is NoticeChannel.SMS else _TITLE
    return CodeText(title[language].format(**words), _TEXT[language].format(**words))
