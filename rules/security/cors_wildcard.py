"""Any site may read the answers.

## What it does
Reports a `CORSMiddleware` that lets any origin in, without credentials: `"*"` among `allow_origins`, or an `allow_origin_regex` that
fits every origin. With credentials it is `cors-wildcard-credentials`, which is far worse.

## Why is this bad?
Every page on the internet can read what the API answers to its visitors' browsers. That is right for public data, and wrong for a
service that is only protected by where it runs, such as one on `localhost` or inside a company's network.

## Bad
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"])
```

## Good
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])
```

## Known misses
Origins that are put together at run time.

## Fix safety
There is no fix: only the author knows the origins.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Finding
from fastapi_lint.project import Project
from fastapi_lint.project.serving.cross_origin import Certainty, open_to_all, with_credentials
from fastapi_lint.rule import Rule

rule = Rule("FAL306", default=False)


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for one, place, certainty in open_to_all(project):
        if not with_credentials(one):
            unless = " unless the settings name origins" if certainty is Certainty.DEFAULT else ""
            yield Finding(place, f"Any site may read the answers{unless}", symbol=one.symbol)
