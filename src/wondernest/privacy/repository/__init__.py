"""Statements of the privacy room: requests to erase, their work, the log."""

from wondernest.privacy.repository.exports import ExportRepository
from wondernest.privacy.repository.log import LogRepository
from wondernest.privacy.repository.parts import PartRepository
from wondernest.privacy.repository.requests import RequestRepository
from wondernest.privacy.repository.summaries import SummaryRepository
from wondernest.privacy.repository.work import WorkRepository

__all__ = (
    "ExportRepository",
    "LogRepository",
    "PartRepository",
    "RequestRepository",
    "SummaryRepository",
    "WorkRepository",
)
