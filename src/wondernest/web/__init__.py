"""Pages that people look at: the API's documentation. Owns no table and asks none.

Nothing of a page comes from another host, and a strict content security policy sees to it.
"""
