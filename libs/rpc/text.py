r"""The normal forms of text: what a profile makes of what somebody typed. Pure functions, `str` to `str`.

Every form: NFC (keys and tags: NFKC); CRLF, CR, VT, FF, U+0085, U+2028 and U+2029 are `\n`; characters
that nobody sees are removed, and those that look like a blank are one; blanks around it are removed, so
that blank text is "". Other control characters and noncharacters are refused.

Invisible characters stay only where a script or an emoji needs them, and only in free text and lines:
joiners between letters of scripts that join or after a virama, joiners and selectors within emoji, variation
selectors after a Chinese or Mongolian character, fillers beside conjoining Hangul. Marks of direction go:
readers lay out each text by itself.

A form of text that is plain already gives the same object back.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import partial

import phonenumbers
from linli.options.v1 import rules_pb2 as pb
from phonenumbers import PhoneNumberFormat, shortnumberinfo
from precis_i18n import get_profile

Form = Callable[[str], str]


class Unfit(ValueError):
    """The text has no such form; the message says what is wanted."""


def free_text(text: str) -> str:
    """What people write: paragraphs stay, blanks around them go."""
    if text.isascii() and text.isprintable():
        return text.strip(" ")
    return _seen(text, _SEEN).strip()


def line(text: str) -> str:
    """A name or a title: one line, single blanks."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    return " ".join(_seen(text, _SEEN).split())


def identifier(text: str) -> str:
    """An id that a system gave: one line, nothing invisible at all; otherwise as it is."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    return " ".join(_seen(text, _HIDDEN).split())


def key(text: str) -> str:
    """A number or code of the world outside: width, kinds of blanks, dashes and digits do not matter.

    It stays readable, and case stays. Blanks beside a dash go.
    """
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    folded = _folded(_seen(text, _HIDDEN))
    return _AROUND_DASH.sub("-", " ".join(folded.split()))


def tag(text: str) -> str:
    """A word to match by: as a key, without case; blanks, dashes and low lines are one dash."""
    if text.isascii() and text.isprintable() and text.islower() and text.isalnum():
        return text
    folded = _seen(text, _HIDDEN)
    for _ in range(2):  # after the second time nothing changes any more
        folded = _folded(folded.casefold())
    return _BETWEEN_WORDS.sub("-", folded).strip("-")


def username(text: str) -> str:
    """A name to log in with: UsernameCaseMapped of RFC 8265, of one of the alphabets that look alike."""
    if text.isascii() and text.isprintable():
        text = text.strip(" ").lower()
        if " " not in text:
            return text
    text = _seen(text, _HIDDEN).strip()
    try:
        name: str = _USERNAME.enforce(text) if text else ""
    except UnicodeEncodeError:
        raise Unfit(_NAME_WANTED) from None
    if len({script for letter in name if (script := _script(letter)) in _LOOK_ALIKE}) > 1:
        raise Unfit(_NAME_WANTED)
    return name


def password(text: str) -> str:
    """A password or passphrase: OpaqueString of RFC 8265."""
    if text.isascii() and text.isprintable():
        return text
    try:
        return str(_PASSWORD.enforce(text))
    except UnicodeEncodeError:
        raise Unfit("must have no control characters and no invisible ones (RFC 8265)") from None


def phone(text: str, region: str) -> str:
    """A phone number as E.164, with `;ext=` where it has an extension; a short number of the region as it is.

    `region` (ISO 3166) is where numbers without a country code are dialled.
    """
    typed = _folded(_seen(text, _HIDDEN))
    if not typed.strip():
        return ""
    typed = _EXTENSION.sub(" ext. ", typed.removeprefix("tel:"))
    typed = re.sub(r"^\s*00(?=\s?[1-9])", "+", "".join(_dialled(letter) for letter in typed))
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        raise Unfit(_PHONE_WANTED.format(region)) from None
    international = typed.lstrip().startswith("+")
    fits = phonenumbers.is_possible_number if international else phonenumbers.is_valid_number
    if not fits(number):
        if not international and shortnumberinfo.is_possible_short_number_for_region(number, region):
            return str(number.national_number)
        raise Unfit(_PHONE_WANTED.format(region))
    extension = f";ext={number.extension}" if number.extension else ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) + extension


def exact(text: str) -> str:
    """A token, a secret, a query: as it is."""
    if not text.isprintable() and _CONTROL.search(text):
        raise Unfit(_NO_CONTROL)
    return text


def forms(region: str) -> dict[int, Form]:
    """The form of each profile; free text where a field declares none."""
    return {
        pb.PROFILE_UNSPECIFIED: free_text,
        pb.PROFILE_FREE_TEXT: free_text,
        pb.PROFILE_LINE: line,
        pb.PROFILE_KEY: key,
        pb.PROFILE_PHONE: partial(phone, region=region),
        pb.PROFILE_TAG: tag,
        pb.PROFILE_USERNAME: username,
        pb.PROFILE_PASSWORD: password,
        pb.PROFILE_ID: identifier,
        pb.PROFILE_EXACT: exact,
    }


# What nobody sees: default-ignorable characters, marks of direction, annotation marks.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# Arabic, Syriac, N'Ko and their neighbours; the scripts of India, Tibet, Burma, Cambodia; Mongolian;
# their extensions.
_JOINING = (
    "\u0620-\u08ff\u0900-\u0dff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17b3\u17b6-\u17d3\u1820-\u18aa"
    "\u1900-\u1cff\ua840-\ua877\ua880-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e943"
)
_VIRAMA = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2\ua8c4\ua953"
_EMOJI_WITH = f"[{_EMOJI}](?:[\ufe0e\ufe0f]|[\U0001f3fb-\U0001f3ff])?"
_NEEDED = "|".join(
    (
        "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f",
        f"{_EMOJI_WITH}(?:\u200d{_EMOJI_WITH})*",
        "[0-9#*]\ufe0f?\u20e3",
        f"(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])",
        f"(?<=[{_VIRAMA}])[\u200c\u200d]",
        f"(?<=[{_HAN}])[\ufe00-\ufe02\U000e0100-\U000e01ef]",
        "(?<=[\u1820-\u18aa])[\u180b-\u180f]",
        "(?<=[\u1100-\u115e])\u1160|\u115f(?=[\u1161-\u11a7])",
    )
)
_BLANK = "[\u2800\u3164\uffa0]"
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SEEN = re.compile(f"(?P<needed>{_NEEDED})|(?P<blank>{_BLANK})|[{_INVISIBLE}]")
_HIDDEN = re.compile(f"(?P<needed>(?!))|(?P<blank>{_BLANK})|[{_INVISIBLE}]")
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF)
)
_CONTROL = re.compile(f"[{_CONTROLS}]")
_ODD = re.compile(f"[{_CONTROLS}{_INVISIBLE}\u2800\u3164\uffa0]")
_DASHES = frozenset("\u02d7\u2043\u2212\u2796")
_SLASHES = frozenset("\u2044\u2215\u29f8")
_LONG_VOWEL = re.compile("(?<![\u3041-\u309f\u30a1-\u30ff\uff66-\uff9f])[\u30fc\uff70]")
_AROUND_DASH = re.compile(" ?- ?")
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_EXTENSION = re.compile(r"\s*(?:转接?|轉|分机|分機|内线|內線)\s*:?\s*(?=[0-9])")
_NO_CONTROL = "must have no control characters (newline and tab are fine)"
_NAME_WANTED = "must be letters (of one alphabet), digits and signs without blanks: a user name of RFC 8265"
_PHONE_WANTED = "must be a phone number: with + and the country code, or complete as dialled within {}"
_LOOK_ALIKE = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "DESERET"})
PHONE_REGIONS: frozenset[str] = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Where phone numbers without a country code can be dialled (ISO 3166)."""
_USERNAME = get_profile("UsernameCaseMapped")
_PASSWORD = get_profile("OpaqueString")


def _seen(text: str, odd: re.Pattern[str]) -> str:
    """The text in NFC, with the line ends that we use and without what `odd` finds. Raises Unfit."""
    if not _ODD.search(text):
        return unicodedata.normalize("NFC", text)
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    return exact(unicodedata.normalize("NFC", odd.sub(_kept, text)))


def _kept(found: re.Match[str]) -> str:
    return found["needed"] or (" " if found["blank"] else "")


def _folded(text: str) -> str:
    """In NFKC, with ASCII digits, dashes and slashes."""
    text = _HIDDEN.sub(_kept, unicodedata.normalize("NFKC", _LONG_VOWEL.sub("-", text)))
    return unicodedata.normalize("NFKC", "".join(map(_plain, text)))


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    digit = unicodedata.decimal(letter, None)
    if digit is not None:
        return str(digit)
    if letter in _DASHES or unicodedata.category(letter) == "Pd":
        return "-"
    return "/" if letter in _SLASHES else letter


def _dialled(letter: str) -> str:
    """A letter of a phone number; punctuation is a blank, but for the plus and an extension's marks."""
    return letter if letter.isalnum() or letter in "+;=#." else " "


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0] if letter.isalpha() else ""
