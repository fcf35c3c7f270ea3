"""PostgreSQL and Valkey from wheels, for `bin/dev` and the tests: no root, no system service, no set-up.

Each server keeps its files in one folder, holds that folder's lock while it runs, ends with the process that started it, and
cleans up after a crash at the next start. `wondernest serve` never imports this.
"""
