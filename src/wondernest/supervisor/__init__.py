"""`wondernest serve`: a master that holds the listening sockets and keeps worker processes behind them.

The master serves nothing itself. Workers inherit the sockets, so a connection waits in the kernel's queue while one
worker takes another's place; they hold a channel to the master and end when it does.
"""
