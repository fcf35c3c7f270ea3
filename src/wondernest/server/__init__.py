"""HTTP/1.1 on sockets: connections, exchanges, time-outs, back-pressure.

Knows no route and no process: it hands an `Exchange` to whatever has `serve`, on sockets that somebody else opened.
"""
