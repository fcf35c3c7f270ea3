"""The API's documentation pages. Owns no table and reads none.

A page loads nothing from another host; a strict content security policy enforces that.
"""
