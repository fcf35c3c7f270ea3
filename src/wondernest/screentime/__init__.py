"""Screen time: how long and when a child may play, what is left of today, and extra time.

Owns wondernest.extra_time. What a parent sets is stored by the family room, in the columns of a child's settings; what was used is the
figure of the day, from the analytics room.
"""
