"""HTTP/1.1 on sockets: connections, exchanges, time-outs, back-pressure.

It knows neither routes nor processes: on sockets that were opened elsewhere it passes each request, an `Exchange`, to the
application's `serve`.
"""
