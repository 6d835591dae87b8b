"""Any site may send requests with the user's credentials.

## What it does
Reports a `CORSMiddleware` that lets any origin in (`"*"` among `allow_origins`, or an `allow_origin_regex` that fits every origin)
and allows credentials as well. Sees through constants, local variables and the defaults of settings.

## Why is this bad?
A browser refuses `*` together with credentials, so Starlette answers with the caller's own origin instead: any page that a user
visits can then read and change whatever the user's cookies open.

## Bad
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
```

## Good
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"], allow_credentials=True)
```

## Known misses
Origins that are put together at run time. Where credentials depend on the origins (`allow_credentials="*" not in origins`), nothing is
said.

## Fix safety
Shown, never applied: whether the origins or the credentials must go is for the author to say.
"""

from collections.abc import Iterator

from fastapi_lint.context import Context
from fastapi_lint.findings import Anchor, Finding, Fix, Replace
from fastapi_lint.project import Project
from fastapi_lint.project.serving.cross_origin import Certainty, open_to_all, with_credentials
from fastapi_lint.rule import Rule

rule = Rule("FAL305", severity="error", fix="display")


@rule.on(Project)
def check(project: Project, ctx: Context) -> Iterator[Finding]:
    for one, place, certainty in open_to_all(project):
        if with_credentials(one):
            unless = " unless the settings name origins" if certainty is Certainty.DEFAULT else ""
            yield Finding(
                place,
                f"Any site may send requests with the user's credentials{unless}",
                fix=_without_credentials(one.place("allow_credentials")) if one.says("allow_credentials") else None,
                symbol=one.symbol,
            )


def _without_credentials(place: Anchor) -> Fix:
    return Fix("Refuse credentials", (Replace(place, ("allow_credentials=False",)),), "display")
