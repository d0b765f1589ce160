"""The record of one case: what cases published about it, fact by fact, and the ratings given to it."""

from services.supervision.domain.case_record.decide import CASE_RECORD

__all__ = ["CASE_RECORD"]
