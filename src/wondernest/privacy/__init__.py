"""The personal data that the service holds: the sum of what the rooms declare.

Owns no table. Reads the rooms' declarations only.
"""
