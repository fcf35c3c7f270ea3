"""For developers' machines only: servers from wheels, `wondernest dev`, the demo family, pages.

No production module imports it; `wondernest dev` and `wondernest seed` import it by name. Its servers are in the extra
`wondernest[dev]`.
"""
