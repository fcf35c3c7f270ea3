"""Inspection of files from strangers: their true type, a copy without hidden data, smaller variants of pictures.

Strangers' bytes are decoded in helper processes (`worker`), never in the process that imports this package. `Inspector` is the
way in; `kinds` holds the rules about types. Nothing is imported here, because the helper processes import this package too.
"""
