"""The wire machinery: endpoint declarations, tolerant decoding, replies, errors, limits, OpenAPI.

A room declares `Endpoint`s; the router, the OpenAPI document and every cross-cutting answer are made from them.
Nothing here knows a room.
"""
