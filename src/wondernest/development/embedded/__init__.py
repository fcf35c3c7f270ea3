"""PostgreSQL and Valkey out of wheels, for `bin/dev` and the tests: no root, no service, no set-up.

Each server keeps its files in one folder, holds that folder's lock while it runs, dies with the process that
started it, and mends at the next start what a crash left behind. Never imported by `wondernest serve`.
"""
