"""The rules, a package a family. Installed as `fastapi_lint.rules`; the engine finds them by name and never imports one."""
