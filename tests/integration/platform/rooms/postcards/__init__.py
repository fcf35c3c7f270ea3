"""Postcards: the smallest room there can be, to show what adding one takes. Owns wondernest.postcards."""
