"""What is held about people, as the sum of what the rooms declare.

Owns no table. Knows rooms by their declarations only.
"""
