"""How items of the responsibility list look on the wire, and why one was chosen."""

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.ledger.text import Text
from libs.rpc.enums import EnumTable
from libs.rpc.moments import stamp_or_none
from libs.rpc.texts import localized
from libs.rules.routing import Verdict
from services.catalog.application.ports import Line, UnownedRow
from services.catalog.domain.responsibility import Item, Version

VERDICTS = EnumTable(pb.Verdict, Verdict)


def item_shown(item: Item) -> pb.Responsibility:
    """The newest version of an item."""
    return version_shown(item, item.newest)


def version_shown(item: Item, version: Version) -> pb.Responsibility:
    """One version of an item."""
    return line_shown(
        Line(
            item_id=item.item_id,
            version=version.version,
            affair_id=item.affair_id,
            area_id=item.area_id,
            body_id=version.body_id,
            legal_basis=version.legal_basis,
            helper_ids=version.helper_ids,
            valid_from=version.valid_from,
            valid_until=item.valid_until,
        )
    )


def line_shown(line: Line) -> pb.Responsibility:
    """One version of an item, as the list has it."""
    return pb.Responsibility(
        item_id=line.item_id,
        version=line.version,
        affair_id=line.affair_id,
        area_id=line.area_id,
        body_id=line.body_id,
        legal_basis=line.legal_basis,
        helper_ids=line.helper_ids,
        valid_from_time=stamp_or_none(line.valid_from),
        valid_until_time=stamp_or_none(line.valid_until),
    )


def trace_shown(line: Line, verdict: Verdict) -> pb.TraceLine:
    """One version that was looked at, and what was found about it."""
    return pb.TraceLine(responsibility=line_shown(line), verdict=VERDICTS.to_wire(verdict))


def unowned_shown(row: UnownedRow) -> pb.UnownedMatter:
    """An affair in an area for which nobody answers."""
    return pb.UnownedMatter(
        affair_id=row["affair_id"],
        affair_path=row["affair_path"],
        affair_name=localized(Text(zh=row["affair_zh"], en=row["affair_en"])),
        area_id=row["area_id"],
        area_path=row["area_path"],
        area_name=localized(Text(zh=row["area_zh"], en=row["area_en"])),
        area_level=row["area_level"],
    )
