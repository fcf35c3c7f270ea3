"""The process that decodes strangers' bytes, and its helpers. No other process imports this package.

`server` is started by the pool. It never reads a file itself: for each task it forks a helper with limits, so that a file that
crashes or takes over its decoder can affect no other file.
"""
