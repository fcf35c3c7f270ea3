"""Postcards: the smallest possible room, to show how one is added. Owns wondernest.postcards."""
