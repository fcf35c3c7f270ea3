"""What a developer's machine has and production has not: servers from wheels, `wondernest dev`, the demo family, pages.

Nothing of production imports it; `wondernest dev` and `wondernest seed` find it by name. Its servers come with the extra
`wondernest[dev]`.
"""
