"""The refusals about sensors."""

from datetime import datetime

from libs.ledger.decider import Kind, Refusal


def sensor_not_found(sensor_id: str) -> Refusal:
    """Nobody registered it."""
    message = "there is no such sensor: check the id, or have it registered with RegisterSensor"
    return Refusal(Kind.NOT_FOUND, "SENSOR_NOT_FOUND", message, sensor_id=sensor_id)


def sensor_taken(sensor_id: str) -> Refusal:
    """Another request registered it before."""
    message = "another sensor is already registered under this id: choose another id"
    return Refusal(Kind.ALREADY_EXISTS, "SENSOR_TAKEN", message, sensor_id=sensor_id)


def sensor_not_yours(sensor_id: str) -> Refusal:
    """Only its owner speaks for it."""
    message = "this sensor belongs to another client: send the readings of your own"
    return Refusal(Kind.PERMISSION, "SENSOR_NOT_YOURS", message, sensor_id=sensor_id)


def sensor_retired(sensor_id: str) -> Refusal:
    """It was taken out of use."""
    message = "this sensor was taken out of use: register another"
    return Refusal(Kind.PRECONDITION, "SENSOR_RETIRED", message, sensor_id=sensor_id)


def unit_differs(unit: str) -> Refusal:
    """A threshold in millimetres says nothing about metres."""
    message = f"this sensor measures in {unit}: convert the readings"
    return Refusal(Kind.INVALID, "UNIT_DIFFERS", message, field="unit", unit=unit)


def reading_in_future(index: int, now: datetime) -> Refusal:
    """The clock of the sensor is wrong, or it would silence the sensor until then."""
    message = (
        f"this reading is later than the server's time, {now:%Y-%m-%dT%H:%M:%SZ}: set the sensor's clock"
    )
    return Refusal(Kind.INVALID, "READING_IN_FUTURE", message, field=f"readings[{index}].time")


def reading_too_old(index: int, days: int) -> Refusal:
    """An alarm about last month helps nobody."""
    message = f"this reading is more than {days} days old: leave it out"
    return Refusal(Kind.INVALID, "READING_TOO_OLD", message, field=f"readings[{index}].time")


def sensor_quota_used(most: int, retry_after_seconds: int) -> Refusal:
    """A flood."""
    message = f"this sensor has sent {most} requests within an hour: send more readings in each"
    return Refusal(
        Kind.EXHAUSTED,
        "SENSOR_QUOTA_USED",
        message,
        most=str(most),
        retry_after_seconds=str(retry_after_seconds),
    )


def incident_changed() -> Refusal:
    """Another process was faster: what was planned about an alarm does not hold. It is planned anew."""
    message = "other readings or alarms came at the same moment: try again"
    return Refusal(Kind.CONFLICT, "INCIDENT_CHANGED", message)
