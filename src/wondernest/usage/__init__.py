"""What a family uses of what is limited: the sum of the lines that the rooms declare.

Owns no table. Calls no room; it reads their declarations, and its statement runs the queries in them.
"""
