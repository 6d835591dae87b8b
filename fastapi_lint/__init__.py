from fastapi_lint.rule import Rule
