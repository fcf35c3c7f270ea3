"""The demo collection of the content library: picture stories, pages to count and to colour, and sounds, all drawn and composed here.

It is written as a folder that `wondernest content import` reads, and imported in that way. Development only.
"""
