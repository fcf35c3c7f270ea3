"""Logs and metrics. Nothing personal enters either: route templates, never raw paths; ids, never names."""
