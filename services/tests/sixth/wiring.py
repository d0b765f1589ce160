"""All that a service needs besides its domain: stored names, a view, rpcs, a subscription, a clock."""

from datetime import datetime
from typing import Any, TypedDict

import gardens_pb2 as pb  # type: ignore[import-not-found]  # compiled by the test
from linli.identity.v1 import identity_events_pb2 as identity
from psycopg import Cursor
from sixth import domain  # type: ignore[import-not-found]  # where the test has copied it

from libs.ledger.ids import derived_id
from libs.ledger.noted import Note
from libs.ledger.store.mapper import Events
from libs.ledger.views.view import Rows, Table, View
from libs.messaging.clocks import Clock, Moment
from libs.messaging.reactions import Fact, Reaction, Reactions
from libs.query.filters import Filters, flag
from libs.query.freshness import Fresh
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.rpc.call import Call
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts


class PlotRow(TypedDict):
    plot_id: str
    area_path: str
    dry: bool
    dry_at: datetime


PLOTS = Table.of("plots", PlotRow, key=("plot_id",), indexes=("dry_at",))
LISTED = Listing(
    table=PLOTS, order=(ascending("plot_id"),), filters=Filters(dry=flag("dry")), area="area_path"
)


class Plots(View):
    name, tables = "plots", (PLOTS,)

    def fold(self, recorded: Any, rows: Rows) -> None:
        match recorded.event:
            case domain.PlotPlanted(plot_id=plot_id, area_path=path, dry_at=dry_at):
                rows.put(PLOTS, PlotRow(plot_id=plot_id, area_path=path, dry=False, dry_at=dry_at))
            case domain.PlotDried(plot_id=plot_id):
                rows.change(PLOTS, plot_id, dry=True)
            case _:
                pass

    def due(self, cursor: Cursor[Any], now: datetime, limit: int) -> list[Moment[Any]]:
        select = "SELECT * FROM plots WHERE dry_at <= %s AND NOT dry ORDER BY dry_at LIMIT %s"
        rows = cursor.execute(select, (now, limit)).fetchall()
        return [Moment(row["dry_at"], domain.PLOT, row["plot_id"], domain.DryOut(at=now)) for row in rows]


class PlotApi:
    def __init__(self, ground: Ground) -> None:
        self._plots, self._areas, self._views = (
            ground.stream(domain.PLOT),
            ground.stream(domain.AREA),
            ground.views,
        )

    def plant_plot(self, request: Any, call: Call) -> Any:
        area = self._areas.load(request.area_id).state.of(domain.AreaNoted)
        if area is None:
            raise domain.area_unknown(request.area_id)
        call.require(area_path=area.area_path)
        plot_id = derived_id(call.caller.subject, request.request_id)
        command = domain.PlantPlot(plot_id=plot_id, area_path=area.area_path, at=call.at)
        handled = self._plots.handle(plot_id, command, call.context(area=area.area_path))
        return pb.PlantPlotResponse(plot_id=plot_id, revision=handled.revision)

    def list_plots(self, request: Any, call: Call) -> Any:
        with Fresh.of(request, call).read(self._views, VIEW) as cursor:
            rows, token = LISTED.page(cursor, request, call.reach)
        return pb.ListPlotsResponse(plot_ids=[row["plot_id"] for row in rows], next_page_token=token)


def when_area_defined(event: identity.AreaDefined, _fact: Fact) -> Reactions:
    noted = domain.AreaNoted(area_id=event.area_id, area_path=event.area_path)
    return [Reaction(domain.AREA, event.area_id, Note(noted))]


VIEW = Plots()
STORED = {"area_noted.v1": domain.AreaNoted, "planted.v1": domain.PlotPlanted, "dried.v1": domain.PlotDried}
SERVICE = Service(
    name="gardens",
    events=Events(service="gardens", types=STORED),
    views=(VIEW,),
    clocks=(Clock("dry", VIEW),),
    publish=lambda _recorded: None,
    build=lambda ground, _settings: ServiceParts(apis=(Api.of(pb, PlotApi(ground), zh={}),)),
    subscriptions={"identity": {identity.AreaDefined: when_area_defined}},
)
