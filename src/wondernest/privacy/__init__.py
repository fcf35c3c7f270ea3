"""What is held about people: shown, given out and erased, as the rooms declare it.

Owns `wondernest.erasures`, `wondernest.erasure_log`, `wondernest.exports` and `wondernest.export_parts`. Reads families, members and children; it knows every other table by its
room's declaration alone. Calls the rooms' erasers.
"""
