"""`wondernest serve`: a master process that opens the listening sockets and keeps worker processes running.

The master serves no requests. Workers inherit the sockets, so new connections wait in the kernel's queue while a worker is
replaced. Each worker has a socket pair (its channel) to the master, and ends when the master ends.
"""
