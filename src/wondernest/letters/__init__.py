"""The weekly letter: what the children of a family played, made and read, for each parent who chose it.

Owns wondernest.weekly_letters. Who chose it is a setting of the family room; every number is a figure of the analytics room.
"""
