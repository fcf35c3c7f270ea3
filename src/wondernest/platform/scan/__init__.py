"""Virus scanning: the interface `Scanner`, implemented with clamd, and with nothing where no scanner is configured."""

from wondernest.platform.scan.clamd import ClamdScanner
from wondernest.platform.scan.scanner import Clean, Infected, NoScanner, Scanner, Verdict

__all__ = ["ClamdScanner", "Clean", "Infected", "NoScanner", "Scanner", "Verdict"]
