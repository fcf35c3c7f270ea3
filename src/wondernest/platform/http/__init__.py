"""HTTP: endpoint declarations, tolerant decoding, replies, errors, rate limits, OpenAPI.

A room declares `Endpoint`s. The router, the OpenAPI document and the cross-cutting replies are made from them.
Nothing here knows a room.
"""
